"""Why a sync failed, as far as it can be tested from here.

On Poe a wrong access key, a wrong handle and a bot that Poe can't reach can look alike: each is
named with what a test from this machine found, and none is claimed without one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from poecli.client.bot_query import Timeouts, ask_settings
from poecli.config.credentials import Secret
from poecli.config.project import BotEntry
from poecli.errors import KeyRefused, PoeCliError
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS

FOUND = "found"
UNLIKELY = "unlikely"
UNKNOWN = "unknown"
_SECONDS = 30.0


@dataclass(frozen=True)
class Candidate:
    """A possible cause; ``verdict`` is FOUND, UNLIKELY or UNKNOWN, ``reason`` says by what."""

    cause: str
    verdict: str
    reason: str

    def __str__(self) -> str:
        return f"{self.cause}: {self.verdict} - {self.reason}"

    def as_json(self) -> dict[str, str]:
        """The candidate as a JSON object."""
        return {"cause": self.cause, "verdict": self.verdict, "reason": self.reason}


async def diagnose(
    entry: BotEntry, key: Secret, url: str | None, *, seconds: float = _SECONDS
) -> list[Candidate]:
    """The candidates, tested as far as ``url``, the bot's own address, allows. Never raises."""
    key_unknown = Candidate("wrong access key", UNKNOWN, "only Poe knows whether it is right")
    handle = Candidate("wrong handle", UNKNOWN, f"only Poe knows whether {entry.name!r} is right")
    if url is None:
        reason = "poe.toml names no url for the bot, so it could not be asked from here"
        return [key_unknown, handle, Candidate("bot not reachable", UNKNOWN, reason)]
    times = Timeouts(first_event=seconds)
    try:
        await ask_settings(url, key.reveal(), timeouts=times)
    except KeyRefused:
        found = Candidate("wrong access key", FOUND, "the bot at its url refuses this key")
        return [found, handle, _reachable(url)]
    except PoeCliError as error:
        reason = f"asked from here: {error.message}"
        return [key_unknown, handle, Candidate("bot not reachable", FOUND, reason)]
    return [await _by_the_bot(url, times), handle, _reachable(url)]


async def _by_the_bot(url: str, times: Timeouts) -> Candidate:
    """What it means that the bot took the key: nothing, if it takes any."""
    wrong = secrets.token_hex(ACCESS_KEY_CHARACTERS.value // 2)
    try:
        await ask_settings(url, wrong, timeouts=times)
    except KeyRefused:
        reason = "the bot takes it and refuses a wrong one; Poe's own copy can't be seen from here"
        return Candidate("wrong access key", UNLIKELY, reason)
    except PoeCliError as error:
        return Candidate("wrong access key", UNKNOWN, f"asked with a wrong one: {error.message}")
    reason = "the bot takes any key, so it proves nothing (it runs without an access key)"
    return Candidate("wrong access key", UNKNOWN, reason)


def _reachable(url: str) -> Candidate:
    parts = urlsplit(url)
    if parts.scheme != "https":
        reason = f"{parts.scheme}://{parts.hostname} answers here, but Poe asks over https only"
        return Candidate("bot not reachable", FOUND, reason)
    reason = "it answers from here; what Poe's page holds as its URL can't be seen"
    return Candidate("bot not reachable", UNLIKELY, reason)
