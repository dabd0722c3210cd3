"""The flags of `poe dev`, settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.errors import UsageError
from poecli.local.flags import LocalFlags
from poecli.local.options import save_flags, settle_options

PORTS = [
    ("nothing", LocalFlags(), "", 8080),
    ("a flag", LocalFlags(port=9000), "port = 9001", 9000),
    ("poe.toml", LocalFlags(), "port = 9001", 9001),
    ("--exec", LocalFlags(execute="true"), "", 0),
    ("--exec and a flag", LocalFlags(execute="true", port=9000), "", 9000),
    ("--exec and poe.toml", LocalFlags(execute="true"), "port = 9001", 9001),
]


@pytest.mark.parametrize(
    ("flags", "line", "port"), [p[1:] for p in PORTS], ids=[p[0] for p in PORTS]
)
def test_the_port_is_the_nearest_that_was_named(
    tmp_path: Path, flags: LocalFlags, line: str, port: int
) -> None:
    """A flag, then poe.toml, then 8080; a script that names none gets any free one."""
    (tmp_path / "main.py").touch()
    (tmp_path / "poe.toml").write_text(f"[dev]\n{line}\n")
    assert settle_options(flags, {}, tmp_path).server.port == port


def test_flags_are_saved_where_their_values_are_looked_for(tmp_path: Path) -> None:
    """Faults are added to those that are there, comments and all else stay."""
    (tmp_path / "main.py").touch()
    file = tmp_path / "poe.toml"
    file.write_text("# mine\n[dev]\nfaults = ['stop']\n", encoding="utf-8")
    flags = LocalFlags(bot=("A=mock,delay=2",), fault=("cut=0.1",), balance=5, port=9000)

    save_flags(flags, settle_options(flags, {}, tmp_path))

    assert file.read_text(encoding="utf-8").startswith("# mine\n[dev]\n")
    options = settle_options(LocalFlags(), {}, tmp_path)
    assert str(options.platform.bots["A"]) == "mock,delay=2"
    assert [str(fault) for fault in options.platform.faults] == ["stop", "cut=0.1"]
    assert (options.platform.balance, options.server.port) == (5, 9000)


def test_flags_that_set_nothing_are_not_saved(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    with pytest.raises(UsageError, match="nothing to write"):
        save_flags(LocalFlags(), settle_options(LocalFlags(), {}, tmp_path))


KEY = "k" * 32
WRONG = [
    ("port", LocalFlags(), "[dev]\nport = 99999", "", "poe.toml:2: port must be between"),
    ("balance", LocalFlags(), "[dev]\nbalance = -5", "", "poe.toml:2: balance must be"),
    ("fault", LocalFlags(), "[dev]\nfaults = ['cutt']", "", "poe.toml:2: "),
    ("fault's share", LocalFlags(), "[dev]\nfaults = ['cut=7']", "", "poe.toml:2: "),
    ("mode", LocalFlags(), "[dev.bots]\nabcd = 'mok'", "", "poe.toml:2: Unknown mode"),
    ("shape", LocalFlags(), "[dev.bots]\nabcd = 'mock:x'", "", "poe.toml:2: Unknown kind of mock"),
    ("script", LocalFlags(), "[dev.bots]\nabcd = 'script:no.toml'", "", "no.toml can't be read"),
    ("cassette", LocalFlags(bot=("A=replay:none.jsonl",)), "", "", "The cassette"),
    ("empty cassette", LocalFlags(bot=("A=replay:main.py",)), "", "", "has no answers"),
    ("tape's folder", LocalFlags(bot=("A=record:no/a.jsonl",)), "", "", "There is no folder"),
    ("script by flag", LocalFlags(bot=("A=script:none.toml",)), "", "", "none.toml can't be read"),
    ("target", LocalFlags(bot=("A=local:nope.py",)), "", "", "can't be local:nope.py"),
    ("short key", LocalFlags(access_key="KEY"), "", "", "has 3 characters"),
    ("key of .env", LocalFlags(), "", "POE_ACCESS_KEY=abc", "POE_ACCESS_KEY (.env) has 3"),
    (
        "line of .env",
        LocalFlags(),
        "",
        f"# a key\nPOE_ACCESS_KEY {KEY}",
        ".env:2 does not set a variable",
    ),
    ("name of .env", LocalFlags(), "", "POE_ACCESS_KEY", ".env:1 does not set a variable"),
]


@pytest.mark.parametrize(
    ("flags", "toml", "dotenv", "says"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_value_that_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, flags: LocalFlags, toml: str, dotenv: str, says: str
) -> None:
    """Wherever it stands; the error names the place, and never what may be a key."""
    (tmp_path / "main.py").touch()
    (tmp_path / "poe.toml").write_text(toml)
    (tmp_path / ".env").write_text(dotenv)
    with pytest.raises(UsageError) as caught:
        settle_options(flags, {}, tmp_path)
    assert says in caught.value.message
    assert KEY not in str(caught.value.as_json())
