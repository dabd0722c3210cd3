"""A project asked again what it was asked: the same requests, one after the other.

    async with replaying(options, listener) as replayer:
        seen = await replayer.ask(kept)

What happens is kept in a folder of its own, which ends with the block: each new answer is read from
there by the same reader as the old one, and both have the same form.
"""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from poecli.addresses import is_loopback_url
from poecli.client.event_stream import Call, events_of
from poecli.client.http import Session, Timeouts, open_session
from poecli.config.project import DEFAULT_HOST
from poecli.dev_events import Listener, ServedBot
from poecli.devserver.delivery import Rehearsal
from poecli.emulator.bots.frozen import FrozenTurn
from poecli.errors import PoeCliError, UsageError
from poecli.local.asking.kept_requests import OWN_FILE, bot_asked, calls_here, request_here
from poecli.local.options import LocalOptions
from poecli.local.project import LocalProject, local_project
from poecli.turns.assembly import read_file
from poecli.turns.journal import STATE_FOLDER, TURNS_FILE
from poecli.turns.kept import KeptTurn


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
        alone = replace(
            options,
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
        platform, url = self._project.platform, self._project.server.url
        bot = bot_asked(turn, self._project.server.bots)
        body = request_here(turn, platform.files, url)
        call = Call(self._project.address_of(bot), body, self._session, timeouts=self._times)
        if not fresh:
            asked = str(turn.request.get("message_id", ""))
            platform.frozen.freeze(asked, FrozenTurn(calls_here(turn, url)))
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


def free_port_of(turn: KeptTurn) -> int:
    """The port at which the turn's own files were, if it is free: asked there again, the request
    is the same to the byte. Else 0, for any.
    """
    found = OWN_FILE.search(json.dumps(turn.request))
    port = urlsplit(found[0]).port if found and is_loopback_url(found[0]) else None
    if port is None:
        return 0
    try:
        with socket.create_server((DEFAULT_HOST, port)):
            return port
    except OSError:
        return 0
