"""Keys are found, kept and never shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from poecli.config.credentials import (
    CredentialStore,
    Secret,
    access_key_missing,
    api_key_missing,
    checked_key,
    find_access_key,
    find_api_key,
)
from poecli.config.settings import Environment
from poecli.errors import ExitCode, UsageError

KEY = "made-up-key-of-a-test".rjust(32, "-")


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("{}", "****test"),
        ("{!s}", "****test"),
        ("{!r}", "Secret(****test)"),
        ("{0!a:>3}", "Secret(****test)"),
    ],
)
def test_a_secret_shows_only_its_end(form: str, shown: str) -> None:
    """However a key is turned into text, most of it is masked."""
    assert form.format(Secret(KEY)) == shown


def test_a_short_secret_is_masked_whole() -> None:
    """Four of six characters would be too many."""
    assert str(Secret("abcdef")) == "****"


def test_secrets_compare_by_value() -> None:
    """Two readings of one key are the same key."""
    assert len({Secret(KEY), Secret(KEY), Secret("other")}) == 2
    assert Secret(KEY) != KEY


@pytest.mark.parametrize(
    "text",
    [KEY, f" {KEY}\n", f"'{KEY}'", f"Bearer {KEY}"],
    ids=["plain", "space", "quotes", "bearer"],
)
def test_a_pasted_key_is_cleaned(text: str) -> None:
    """What copying adds to a key is taken off."""
    assert checked_key(text, source="a test").reveal() == KEY


@pytest.mark.parametrize("text", ["", "  ", "two words", "schlüssel", "a\tb"], ids=repr)
def test_what_cannot_be_a_key_is_refused_unseen(text: str) -> None:
    """The error names the source, never the text."""
    with pytest.raises(UsageError) as caught:
        checked_key(text, source="a test")

    assert "a test" in caught.value.message
    assert "two" not in str(caught.value.as_json())


@pytest.mark.parametrize(
    ("process", "dotenv", "stored", "source"),
    [
        pytest.param(KEY, "x", "y", "POE_API_KEY (environment)", id="environment"),
        pytest.param("", KEY, "y", "POE_API_KEY (.env)", id=".env"),
        pytest.param("", "", KEY, "poe login", id="stored"),
    ],
)
def test_the_api_key_is_found_in_order(
    tmp_path: Path, process: str, dotenv: str, stored: str, source: str
) -> None:
    """environment, .env, then what `poe login` keeps."""
    CredentialStore(tmp_path).write(Secret(stored))

    found = find_api_key(Environment({"POE_API_KEY": process}, {"POE_API_KEY": dotenv}), tmp_path)

    assert found is not None
    assert found.value.reveal() == KEY
    assert found.source.startswith(source)


def test_no_key_anywhere_is_none(tmp_path: Path) -> None:
    """Not knowing a key is no error until one is needed."""
    assert find_api_key(Environment({}), tmp_path) is None
    assert find_access_key(Environment({}), "POE_ACCESS_KEY") is None


def test_the_access_key_is_read_from_the_variable_named() -> None:
    """poe.toml says which variable holds a bot's key."""
    found = find_access_key(Environment({"MY_KEY": KEY}), "MY_KEY")
    assert found is not None
    assert found.source == "MY_KEY (environment)"


@pytest.mark.parametrize(
    "error", [api_key_missing(), access_key_missing("my-bot", "MY_KEY")], ids=["api", "access"]
)
def test_a_missing_key_says_where_to_get_one(error: UsageError) -> None:
    """Each kind of key has its page on poe.com."""
    assert error.exit_code is ExitCode.KEY
    assert "https://poe.com/" in error.hint


def test_the_store_is_for_its_owner_only(tmp_path: Path) -> None:
    """Nobody else on the machine can read the key."""
    store = CredentialStore(tmp_path / "new" / "folder")
    store.write(Secret("an older one"))
    store.write(Secret(KEY))

    assert store.read() == Secret(KEY)
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    assert [file.name for file in store.file.parent.iterdir()] == [store.file.name]


def test_a_forgotten_key_is_gone(tmp_path: Path) -> None:
    """Deleting tells whether there was a key."""
    store = CredentialStore(tmp_path)
    store.write(Secret(KEY))

    assert (store.delete(), store.delete(), store.read()) == (True, False, None)


def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    """As a folder in its place: the key may still be there."""
    store = CredentialStore(tmp_path)
    store.file.mkdir()

    with pytest.raises(UsageError, match="can't be removed"):
        store.delete()


BOTTOMLESS = "[" * 10**5


@pytest.mark.parametrize("text", ["", "{", "[]", '{"api_key": 3}', '{"api_key": ""}', BOTTOMLESS])
def test_a_damaged_store_is_no_key(tmp_path: Path, text: str) -> None:
    """A damaged file is as good as none: `poe login` writes it anew."""
    store = CredentialStore(tmp_path)
    store.file.write_text(text, encoding="utf-8")

    assert store.read() is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error gives the other way to pass a key."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        CredentialStore(tmp_path / "file").write(Secret(KEY))

    assert "POE_API_KEY" in caught.value.hint
