"""make_app's key rules, without the end of the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from poecli.errors import BotLoadError
from poecli.hosting.finding.discovery import Loaded

Load = Callable[[str], Awaitable[Loaded]]
RIGHT = "k" * 32
USERS = "a-users-key-of-another-length-entirely"
BOTH = {"POE_ACCESS_KEY": RIGHT, "POE_API_KEY": USERS}


@pytest.mark.filterwarnings("ignore:usage of POE_API_KEY")
@pytest.mark.parametrize(
    ("target", "environment", "expected"),
    [
        pytest.param("keyed_by_environment.py", {}, ([None], 1), id="no key at all"),
        pytest.param(
            "keyed_by_environment.py", {"POE_ACCESS_KEY": RIGHT}, ([RIGHT], 0), id="an access key"
        ),
        pytest.param(
            "keyed_by_environment.py", {"POE_API_KEY": USERS}, ([None], 1), id="a user's key only"
        ),
        pytest.param(
            "keyed_by_environment.py", {"POE_API_KEY": RIGHT}, ([RIGHT], 0), id="an old access key"
        ),
        pytest.param(
            "keyed_by_environment.py", BOTH, ([RIGHT], 0),
            id="both",
        ),
        pytest.param("keyed_list.py", {}, (["a" * 32, None], 1), id="one of two without"),
        pytest.param("module_app.py", {"POE_ACCESS_KEY": RIGHT}, (["a" * 32], 0), id="its own"),
        pytest.param("only_class.py", {"POE_ACCESS_KEY": RIGHT}, ([RIGHT], 0), id="a bare class"),
        pytest.param("only_class.py", {}, ([None], 0), id="a bare class without"),
        pytest.param("list_of_bots.py", {}, ([None, None], 0), id="a list without"),
    ],
)  # fmt: skip
async def test_a_bot_gets_the_key_it_would_have_deployed(
    load_bot: Load,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    environment: dict[str, str],
    expected: tuple[list[str | None], int],
) -> None:
    """The order of make_app, but a user's key is never taken for a bot's, and none is no end."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    loaded = await load_bot(target)

    said = [note for note in loaded.notes if "access key" in note]
    assert ([bot.access_key for bot in loaded.bots], len(said)) == expected


async def test_a_key_of_the_wrong_length_is_an_error(
    load_bot: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the variable and never shows the key."""
    monkeypatch.setenv("POE_ACCESS_KEY", "too-short-a-key")

    with pytest.raises(BotLoadError) as caught:
        await load_bot("only_class.py")

    assert caught.value.id == "bad-access-key"
    assert "$POE_ACCESS_KEY" in caught.value.message
    assert "too-short" not in str(caught.value.as_json())
