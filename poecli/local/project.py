"""The door: a project's bots served with a local Poe on the same port.

    async with local_project(options, listener) as project:
        bots = await project.wait_ready()

Dev server and local Poe meet here: the one begins and ends turns that the other counts calls and
costs for, the other sees calls that the one shows with their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from poecli.client.address import BotAddress
from poecli.client.event_stream import Call, events_of
from poecli.client.http import Session, open_session
from poecli.config.faults import Fault, parse_faults, texts_in
from poecli.config.target import Target
from poecli.dev_events import (
    Advice,
    BotRaised,
    DevEvent,
    Listener,
    LogLine,
    Notice,
    ServedBot,
    Stalled,
    TurnEnded,
    TurnStarted,
    ViolationSeen,
)
from poecli.devserver.server import DevOptions, DevServer
from poecli.emulator.bots.frozen import FrozenTurn
from poecli.emulator.bots.local_bots import LocalBot
from poecli.emulator.platform import Platform
from poecli.emulator.state.files import FileTooLarge
from poecli.emulator.state.turns import UserTurn
from poecli.errors import UsageError
from poecli.local.asking.kept_requests import bot_asked, calls_here, request_here
from poecli.local.asking.trigger import bot_told, send_event, turn_about
from poecli.local.controls import LocalControls
from poecli.local.options import LocalOptions
from poecli.playground.api import TriggeredEvent
from poecli.playground.playground import Playground
from poecli.protocol.events import Event
from poecli.protocol.messages import Attachment
from poecli.protocol.settings import SettingsResponse
from poecli.system_errors import explained
from poecli.trigger.bodies import body_of
from poecli.turns.kept import KeptTurn

_NOTED = (LogLine, BotRaised, ViolationSeen)


@asynccontextmanager
async def local_project(options: LocalOptions, listener: Listener) -> AsyncIterator[LocalProject]:
    """Serve a project until the block ends. ``listener`` hears all that happens beside the bots.

    Raises UsageError when the port is taken. The bots load meanwhile: see `wait_ready`.
    """
    async with AsyncExitStack() as stack:
        project = LocalProject(options, listener, stack)
        stack.push_async_callback(project.close)
        await stack.enter_async_context(project.server)
        # Ended before the server, which waits for the streams of open pages.
        stack.push_async_callback(project.playground.close)
        yield project


class LocalProject:
    """What is served: ``server`` the bots, ``platform`` the local Poe. `local_project` makes it.

    To the platform it is the author's bots (emulator.bots.local_bots.LocalBots).
    """

    def __init__(self, options: LocalOptions, listener: Listener, stack: AsyncExitStack) -> None:
        self._options = options.server
        self.root = options.platform.root
        self._listener = listener
        self._stack = stack
        self._session: Session | None = None
        self.data = options.data
        self._others: dict[str, DevServer] = {}
        self._starting = asyncio.Lock()
        self.platform = Platform(options.platform, report=self._from_platform, local_bots=self)
        self.controls = LocalControls(options.platform, self.platform, lambda: self.server)
        self.playground = Playground(self, self.controls)
        self.server = self._served(
            options.server, self._seen, [*self.playground.routes(), *self.platform.routes()]
        )

    async def wait_ready(self) -> tuple[ServedBot, ...]:
        """The bots, once they are loaded. Raises BotLoadError."""
        return await self.server.wait_ready()

    def address_of(self, bot: ServedBot) -> BotAddress:
        """Where a bot is asked, with the access key that its callers must show."""
        key = bot.access_key or self._options.access_key
        # `poe chat` finds the first one by its file, without this `poe dev`.
        typed = self._spec if self.server.bots[:1] == (bot,) else ""
        return BotAddress(bot.name, bot.url, key, typed=typed)

    @property
    def _spec(self) -> str:
        target = self._options.target
        return f"{target.file}:{target.attribute}" if target.attribute else str(target.file)

    async def close(self) -> None:
        """End the platform, and the session that the page asked through."""
        await self.platform.close()
        if self._session is not None:
            await self._session.aclose()

    # --- ServedProject: what the playground needs ---

    attached_to = ""

    @property
    def session(self) -> Session:
        """What the page asks through; opened when it first does."""
        self._session = self._session or open_session()
        return self._session

    @property
    def specs(self) -> Collection[str]:
        """What these bots may have been named by in `poe chat`."""
        target = self._options.target
        return {str(target.root), str(target.file.parent), str(target.file), self._spec}

    @property
    def bots(self) -> tuple[ServedBot, ...]:
        """The bots of the current generation."""
        return self.server.bots

    def keep_file(self, name: str, content_type: str, data: bytes) -> Attachment:
        """A file that the local Poe hands out. Raises UsageError for one that is too large."""
        try:
            file = self.platform.files.add(name, data, content_type=content_type)
        except (FileTooLarge, OSError) as error:
            raise UsageError(f"{name} can't be attached.", **explained(error)) from error
        url = self.server.url.rstrip("/") + file.url_path
        return Attachment(url=url, content_type=file.content_type, name=file.name)

    def ask_again(
        self, turn: KeptTurn, frozen: KeptTurn | None
    ) -> tuple[str, AsyncGenerator[Event, None]]:
        """A kept question once more: the id of the answer, and its events as they come."""
        bot, url = self.address_of(bot_asked(turn, self.bots)), self.server.url
        body = body_of("query", request_here(turn, self.platform.files, url))
        answer = str(body["message_id"])
        if frozen is not None:
            standing = FrozenTurn(calls_here(frozen, url), asks_more=True)
            self.platform.frozen.freeze(answer, standing)
        return answer, events_of(Call(bot, body, self.session))

    async def trigger(self, triggered: TriggeredEvent) -> Mapping[str, Any]:
        """Send an event of Poe's, and tell what came of it."""
        turn = await asyncio.to_thread(turn_about, self.root, triggered)
        bot = self.address_of(bot_told(triggered, turn, self.bots))
        return await send_event(bot, triggered, turn, self.session)

    # --- LocalBots ---

    def names(self) -> Collection[str]:
        """The author's bots that are being served."""
        return [bot.name for bot in self.server.bots]

    async def reach(self, target: str) -> LocalBot:
        """A bot of this server, or of another target, started when it is first asked."""
        for bot in self.server.bots:
            if bot.name == target:
                return _local(bot)
        async with self._starting:
            other = self._others.get(target) or await self._start(target)
        bots = other.bots or await other.wait_ready()
        return _local(bots[0])

    async def _start(self, target: str) -> DevServer:
        options = DevOptions(
            Target.parse(target, Path(self._options.target.root)),
            port=0,
            reload=self._options.reload,
            reload_with=self._options.reload_with,
            allow_hosts=self._options.allow_hosts,
            interpreter=self._options.interpreter,
        )
        other = self._served(options, self._from_other, self.platform.routes())
        self._others[target] = await self._stack.enter_async_context(other)
        return other

    # --- who hears what ---

    def _served(
        self, options: DevOptions, listener: Listener, routes: Sequence[web.RouteDef]
    ) -> DevServer:
        """A server whose turns the local Poe knows, and whose bots find it on their own port."""

        def heard(event: DevEvent) -> None:
            if isinstance(event, TurnStarted) and event.kind == "query":
                self.platform.begin_turn(self._turn(server, event))
                self.platform.keep_files(event)
            elif isinstance(event, TurnEnded) and event.message_id:
                self.platform.end_turn(event.message_id)
            elif isinstance(event, _NOTED) and event.turn is not None:
                self.platform.keep_note(server.turn_id(event.turn), event)
            listener(event)

        server = DevServer(
            options,
            report=heard,
            record=self.platform.keep_turn,
            platform_routes=routes,
            is_awaited=lambda: self.playground.awaits_saves,
        )
        return server

    def _seen(self, event: DevEvent) -> None:
        self.controls.hear(event)
        self.playground.hear(event)
        self._listener(event)

    def _from_platform(self, event: DevEvent) -> None:
        self.server.note(event)

    def _from_other(self, event: DevEvent) -> None:
        """Of another target the author sees what its code says; its turns are calls already."""
        if isinstance(event, (LogLine, BotRaised)):
            self._listener(replace(event, turn=None))
        elif isinstance(event, (Stalled, Advice, Notice)):
            self._listener(event)

    def _turn(self, server: DevServer, started: TurnStarted) -> UserTurn:
        bot = next((bot for bot in server.bots if bot.name == started.bot), None)
        declared = bot.settings.get("server_bot_dependencies") if bot else None
        return UserTurn(
            bot=started.bot,
            message_id=started.message_id,
            bot_query_id=str(started.request.get("bot_query_id") or ""),
            dependencies=declared if isinstance(declared, dict) else None,
            access_key=bot.access_key if bot else None,
            faults=self._faults(started),
            id=started.id,
            tunneled=started.tunneled,
        )

    def _faults(self, started: TurnStarted) -> tuple[Fault, ...]:
        """Those that the user's own request asks for."""
        asked = texts_in(started.headers)
        if not asked:
            return ()
        try:
            return parse_faults(asked)
        except UsageError as error:
            self._listener(Advice(error.message, error.why, error.hint))
            return ()


def _local(bot: ServedBot) -> LocalBot:
    try:
        settings = SettingsResponse.model_validate(bot.settings) if bot.settings else None
    except ValidationError:  # the bot answers none that Poe could use
        settings = None
    return LocalBot(bot.name, bot.url, bot.access_key, settings=settings)
