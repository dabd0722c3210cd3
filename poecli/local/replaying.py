"""A project asked again what it was asked: the same requests, one after the other.

    async with replaying(options, listener) as replayer:
        seen = await replayer.ask(kept)

What happens is kept in a folder of its own, which ends with the block: each new answer is read from
there by the same reader as the old one, and both have the same form.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from poecli.addresses import is_loopback_url
from poecli.client.event_stream import Call, events_of
from poecli.client.http import Session, Timeouts, open_session
from poecli.config.project import DEFAULT_HOST
from poecli.dev_events import Listener, ServedBot
from poecli.devserver.delivery import Rehearsal
from poecli.emulator.bots.frozen import FrozenTurn
from poecli.errors import PoeCliError, UsageError
from poecli.local.options import LocalOptions
from poecli.local.project import LocalProject, local_project
from poecli.protocol.foreign_json import loads
from poecli.suggestions import did_you_mean
from poecli.turns.assembly import read_file
from poecli.turns.files import URL_PREFIX, attached_files
from poecli.turns.journal import STATE_FOLDER, TURNS_FILE
from poecli.turns.kept import KeptCall, KeptFile, KeptTurn

_OWN_FILE = re.compile(rf"https?://[^/\s\"\\]+(?={URL_PREFIX}/)")
_NO_KEYS = {"access_key": "<missing>", "api_key": "<missing>"}


@contextlib.asynccontextmanager
async def replaying(
    options: LocalOptions, listener: Listener, *, seconds: float
) -> AsyncIterator[Replayer]:
    """Serve the project until the block ends; ``seconds`` bound one answer.

    Raises what `local_project` and `LocalProject.wait_ready` raise.
    """
    with tempfile.TemporaryDirectory(prefix="poe-replay-") as folder:
        state = Path(folder) / STATE_FOLDER
        # What faults did to a turn was kept with it, and a second time it would strike others.
        alone = LocalOptions(
            server=replace(options.server, rehearsal=Rehearsal()),
            platform=replace(options.platform, state=state, faults=()),
        )
        async with local_project(alone, listener) as project, open_session() as session:
            await project.wait_ready()
            yield Replayer(project, session, Path(folder), seconds)


class Replayer:
    """Asks a served project again. `replaying` makes it."""

    def __init__(
        self, project: LocalProject, session: Session, folder: Path, seconds: float
    ) -> None:
        self._project = project
        self._session = session
        self._folder = folder
        self._times = Timeouts(first_event=seconds, between_events=seconds, total=seconds)

    async def ask(self, turn: KeptTurn, *, fresh: bool = False) -> KeptTurn:
        """The turn as it is now. Other bots answer as they did, unless all is to be ``fresh``.

        Raises UsageError when its bot is not served any more, and what `stream_events` raises
        where there was no answer at all.
        """
        platform = self._project.platform
        bot = self._served(turn)
        moved = {}
        for file in turn.files if _names_files(turn) else ():
            platform.files.restore(file.url, file.content_type, file.read)
            if URL_PREFIX not in file.url:
                with contextlib.suppress(OSError):
                    moved[file.url] = self._moved(file)
        body = _with_key_fields(self._here(turn.request, moved))
        call = Call(self._project.address_of(bot), body, self._session, timeouts=self._times)
        if not fresh:
            asked = str(turn.request.get("message_id", ""))
            platform.frozen.freeze(asked, FrozenTurn(self._frozen(turn)))
        trouble: PoeCliError | None = None
        try:
            async with contextlib.aclosing(events_of(call)) as events:
                async for _ in events:
                    pass
        except PoeCliError as error:  # what came all the same is in the journal
            trouble = error
        seen = self._newest(bot, str(turn.request.get("message_id", "")))
        if seen is None:
            raise trouble or UsageError(f"The answer to turn {turn.number} was not kept.")
        return seen

    def _served(self, turn: KeptTurn) -> ServedBot:
        """The bot of that name, else the one at that path: a class may have been renamed."""
        bots = self._project.server.bots
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

    def _moved(self, file: KeptFile) -> str:
        """Where a file is today that was served by somebody who is gone."""
        stored = self._project.platform.files.add_of(
            file.url, file.name, file.content_type, file.read()
        )
        return self._project.server.url + stored.url_path

    def _here(self, request: Mapping[str, Any], moved: Mapping[str, str]) -> Mapping[str, Any]:
        """The query; of the local Poe's own files the port is today's."""
        text = json.dumps(request)
        for old, new in moved.items():
            text = text.replace(json.dumps(old), json.dumps(new))
        if URL_PREFIX not in text:
            return request
        here: Mapping[str, Any] = loads(_OWN_FILE.sub(self._project.server.url, text))
        return here

    def _frozen(self, turn: KeptTurn) -> KeptTurn:
        """The turn with the files of other bots' answers at today's port."""
        if not any(URL_PREFIX in event.frame.data for call in turn.calls for event in call.events):
            return turn
        return replace(turn, calls=tuple(map(self._call_here, turn.calls)))

    def _call_here(self, call: KeptCall) -> KeptCall:
        url = self._project.server.url
        events = [
            replace(event, frame=event.frame._replace(data=_OWN_FILE.sub(url, event.frame.data)))
            for event in call.events
        ]
        return replace(call, events=tuple(events))

    def _newest(self, bot: ServedBot, message_id: str) -> KeptTurn | None:
        """The turn that was just kept; the journal is emptied, so that it is read in no time."""
        file = self._folder / STATE_FOLDER / TURNS_FILE
        if not file.exists():
            return None
        found = [
            turn
            for turn in read_file(file, file.parent)
            if turn.bot == bot.name and turn.request.get("message_id", "") == message_id
        ]
        self._project.platform.forget_turns()
        return found[-1] if found else None


def _names_files(turn: KeptTurn) -> bool:
    """Whether a bot may ask for one of the turn's files: to list them, all events are read."""
    if any(is_loopback_url(file.url) for file in attached_files(turn.request)):
        return True
    frames = (event.frame.data for call in turn.calls for event in call.events)
    return URL_PREFIX in json.dumps(turn.request) or any(URL_PREFIX in data for data in frames)


def free_port_of(turn: KeptTurn) -> int:
    """The port at which the turn's own files were, if it is free: asked there again, the request
    is the same to the byte. Else 0, for any.
    """
    found = _OWN_FILE.search(json.dumps(turn.request))
    port = urlsplit(found[0]).port if found and is_loopback_url(found[0]) else None
    if port is None:
        return 0
    try:
        with socket.create_server((DEFAULT_HOST, port)):
            return port
    except OSError:
        return 0


def _with_key_fields(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its two fields for keys, which are never kept, where ours have them."""
    body: dict[str, Any] = {}
    for name, value in request.items():
        body[name] = value
        if name == "metadata":
            body |= _NO_KEYS
    return body
