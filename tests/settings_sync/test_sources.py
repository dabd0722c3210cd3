"""Whose settings are meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from poecli.errors import UsageError
from poecli.settings_sync.sources import local_settings


class LocalBots:
    """Stands for the bots of a project."""

    def __init__(self, *names: str) -> None:
        self._names = names

    async def read(self, _bot: str) -> Mapping[str, Mapping[str, Any]]:
        return {name: {"introduction_message": name} for name in self._names}


@pytest.mark.parametrize("names", [("b",), ("a", "b"), ("b", "c")], ids=str)
async def test_the_bot_of_that_name_is_taken(names: tuple[str, ...]) -> None:
    """Among several, the name decides."""
    found = await local_settings("b", LocalBots(*names).read)
    assert found["introduction_message"] == "b"


async def test_the_only_bot_needs_no_name() -> None:
    """A project with one bot has no doubt: its class may be named otherwise than its handle."""
    found = await local_settings("handle", LocalBots("Bot").read)
    assert found["introduction_message"] == "Bot"


@pytest.mark.parametrize("names", [(), ("a", "c")], ids=str)
async def test_an_unknown_name_is_wrong_usage(names: tuple[str, ...]) -> None:
    """Among several of other names nothing is guessed."""
    with pytest.raises(UsageError, match="no bot 'b'"):
        await local_settings("b", LocalBots(*names).read)
