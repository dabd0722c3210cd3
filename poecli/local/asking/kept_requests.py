"""A kept turn as the server that runs now can be asked it: files and their port are today's."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from poecli.addresses import is_loopback_url
from poecli.dev_events import ServedBot
from poecli.emulator.state.files import FileStore
from poecli.errors import UsageError
from poecli.protocol.foreign_json import loads
from poecli.suggestions import did_you_mean
from poecli.turns.files import URL_PREFIX, attached_files
from poecli.turns.kept import KeptCall, KeptTurn

OWN_FILE = re.compile(rf"https?://[^/\s\"\\]+(?={URL_PREFIX}/)")
_NO_KEYS = {"access_key": "<missing>", "api_key": "<missing>"}


def bot_asked(turn: KeptTurn, bots: Sequence[ServedBot]) -> ServedBot:
    """The bot of that name, else the one at that path: a class may have been renamed.

    Raises UsageError where it is not served any more.
    """
    for bot in bots:
        if bot.name == turn.bot:
            return bot
    for bot in bots:
        if bot.path == turn.path:
            return bot
    raise UsageError(
        f"No bot named {turn.bot!r} is served, as turn {turn.number} asks it.",
        hint=did_you_mean(turn.bot, [bot.name for bot in bots]),
    )


def request_here(turn: KeptTurn, files: FileStore, url: str) -> dict[str, Any]:
    """The query, with the fields that ours have; ``files`` hands its files out at ``url``."""
    moved = {}
    for file in turn.files if _names_files(turn) else ():
        files.restore(file.url, file.content_type, file.read)
        if URL_PREFIX not in file.url:  # it was served by somebody who is gone
            with contextlib.suppress(OSError):
                stored = files.add_of(file.url, file.name, file.content_type, file.read())
                moved[file.url] = url + stored.url_path
    return _with_key_fields(_here(turn.request, moved, url))


def calls_here(turn: KeptTurn, url: str) -> KeptTurn:
    """The turn with the files of other bots' answers at today's port."""
    if not any(URL_PREFIX in event.frame.data for call in turn.calls for event in call.events):
        return turn
    return replace(turn, calls=tuple(_call_here(call, url) for call in turn.calls))


def _names_files(turn: KeptTurn) -> bool:
    """Whether a bot may ask for one of the turn's files: to list them, all events are read."""
    if any(is_loopback_url(file.url) for file in attached_files(turn.request)):
        return True
    frames = (event.frame.data for call in turn.calls for event in call.events)
    return URL_PREFIX in json.dumps(turn.request) or any(URL_PREFIX in data for data in frames)


def _here(request: Mapping[str, Any], moved: Mapping[str, str], url: str) -> Mapping[str, Any]:
    text = json.dumps(request)
    for old, new in moved.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    if URL_PREFIX not in text:
        return request
    here: Mapping[str, Any] = loads(OWN_FILE.sub(url, text))
    return here


def _call_here(call: KeptCall, url: str) -> KeptCall:
    events = [
        replace(event, frame=event.frame._replace(data=OWN_FILE.sub(url, event.frame.data)))
        for event in call.events
    ]
    return replace(call, events=tuple(events))


def _with_key_fields(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its two fields for keys, which are never kept, where ours have them."""
    body: dict[str, Any] = {}
    for name, value in request.items():
        body[name] = value
        if name == "metadata":
            body |= _NO_KEYS
    return body
