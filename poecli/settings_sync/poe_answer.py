"""What Poe's answer to a sync means: the settings it stored, or why it refused.

A success echoes them as the text of a Python dict; ``'parameter_controls': None`` there means that
the controls were dropped. Its form is nowhere documented, so nothing is concluded from an echo
that can't be read.

When it fails, a wrong access key, a wrong handle and a bot that Poe can't reach can look alike:
each is named with what a test from this machine found, and none is claimed without one.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, ask_settings
from poecli.config.credentials import Secret, made_access_key
from poecli.config.project import BotEntry
from poecli.errors import KeyRefused, PoeCliError
from poecli.protocol.foreign_json import loads
from poecli.protocol.settings import SettingsResponse
from poecli.settings_sync.drift import Change, changes

# Python's own parser needs memory by the nesting; a settings answer of Poe's is a few kB.
_LONGEST = 1_000_000
FOUND = "found"
UNLIKELY = "unlikely"
UNKNOWN = "unknown"
_SECONDS = 30.0


@dataclass(frozen=True)
class Echo:
    """``settings`` is what Poe stored, None when its words could not be read as settings."""

    words: str
    settings: Mapping[str, Any] | None

    def differences(self, sent: Mapping[str, Any]) -> list[Change]:
        """What Poe stored otherwise than it was sent; only settings that the echo names."""
        if self.settings is None:
            return []
        named = {key: value for key, value in sent.items() if key in self.settings}
        known = {key: value for key, value in self.settings.items() if key in named}
        # Without a version in the echo, both are read by the version that was sent.
        version = {"response_version": sent.get("response_version")}
        found = changes({**version, **named}, {**version, **known})
        # By an old version both sides have no controls: that they were sent and lost still counts.
        controls = sent.get("parameter_controls")
        if not found and controls is not None and known.get("parameter_controls", "") is None:
            return [Change("parameter_controls", controls, None)]
        return found


def read_echo(words: str) -> Echo:
    """The settings within Poe's words, where there are any."""
    start, end = words.find("{"), words.rfind("}")
    text = words[start : end + 1] if start >= 0 else ""
    values = _dict_of(text) if 0 < len(text) <= _LONGEST else None
    if values is None or not SettingsResponse.model_fields.keys() & values.keys():
        return Echo(words, None)
    try:
        SettingsResponse.model_validate(values)
    except ValidationError:
        return Echo(words, None)
    return Echo(words, values)


def _dict_of(text: str) -> dict[str, Any] | None:
    for read in (loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return value
    return None


@dataclass(frozen=True)
class Cause:
    """A possible cause; ``verdict`` is FOUND, UNLIKELY or UNKNOWN, ``reason`` says by what."""

    cause: str
    verdict: str
    reason: str

    def __str__(self) -> str:
        return f"{self.cause}: {self.verdict} - {self.reason}"

    def as_json(self) -> dict[str, str]:
        return {"cause": self.cause, "verdict": self.verdict, "reason": self.reason}


async def diagnose(
    entry: BotEntry, key: Secret, url: str | None, *, seconds: float = _SECONDS
) -> list[Cause]:
    """The possible causes, tested as far as the bot's own ``url`` allows. Never raises."""
    key_unknown = Cause("wrong access key", UNKNOWN, "only Poe knows whether it is right")
    handle = Cause("wrong handle", UNKNOWN, f"only Poe knows whether {entry.name!r} is right")
    if url is None:
        reason = "poe.toml has no url for the bot, so it could not be checked from here"
        return [key_unknown, handle, Cause("bot not reachable", UNKNOWN, reason)]
    times = Timeouts(first_event=seconds)
    try:
        await ask_settings(BotAddress.at(url, key), timeouts=times)
    except KeyRefused:
        found = Cause("wrong access key", FOUND, "the bot at its url rejects this key")
        return [found, handle, _reachable(url)]
    except PoeCliError as error:
        reason = f"checked from here: {error.message}"
        return [key_unknown, handle, Cause("bot not reachable", FOUND, reason)]
    return [await _by_the_bot(url, times), handle, _reachable(url)]


async def _by_the_bot(url: str, times: Timeouts) -> Cause:
    """What it means that the bot took the key: nothing, if it takes any."""
    wrong = made_access_key()
    try:
        await ask_settings(BotAddress.at(url, wrong), timeouts=times)
    except KeyRefused:
        reason = "the bot accepts it and rejects a wrong one; Poe's copy can't be checked from here"
        return Cause("wrong access key", UNLIKELY, reason)
    except PoeCliError as error:
        return Cause("wrong access key", UNKNOWN, f"checked with a wrong one: {error.message}")
    reason = "the bot accepts any key, so this proves nothing (it runs without an access key)"
    return Cause("wrong access key", UNKNOWN, reason)


def _reachable(url: str) -> Cause:
    parts = urlsplit(url)
    if parts.scheme != "https":
        reason = f"{parts.scheme}://{parts.hostname} answers here, but Poe only uses https"
        return Cause("bot not reachable", FOUND, reason)
    reason = "it answers from here; the URL on its Poe page can't be checked"
    return Cause("bot not reachable", UNLIKELY, reason)
