"""The playground in front of a bot server that runs elsewhere, in whatever language.

    async with attached_bot(options, listener) as attached:
        await attached.ask_settings()

No project is needed and no worker started. What is asked on the page goes to the server itself,
and is read along on the way: so the trace, the rules and the kept turns are those of `poe dev`,
and what only a bot in a process of ours can show (prints, stalls, calls) is missing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from aiohttp import web

from poecli.client.address import BotAddress
from poecli.client.bot_query import ask_raw_settings
from poecli.client.event_stream import EVENT_STREAM, Call, events_of
from poecli.client.http import open_session
from poecli.config.project import DEFAULT_HOST
from poecli.config.redaction import url_to_keep
from poecli.dev_events import Attached, DevEvent, Listener, Notice, ServedBot, ViolationSeen
from poecli.devserver.control import PREFIX, own_routes
from poecli.devserver.front import listen, serving, url_of
from poecli.devserver.guard import Guard
from poecli.devserver.trace import Trace, TurnTap
from poecli.emulator.state.journal import Journal
from poecli.emulator.state.turns import Turns
from poecli.errors import BotLoadError, PoeCliError, UsageError
from poecli.http1.exchange import Exchange
from poecli.http1.file_server import FileServer
from poecli.http1.heads import response_head
from poecli.local.asking.trigger import send_event, turn_about
from poecli.playground.api import TriggeredEvent
from poecli.playground.playground import Playground
from poecli.protocol.events import Event
from poecli.protocol.foreign_json import loads
from poecli.protocol.messages import Attachment
from poecli.trigger.bodies import body_of
from poecli.turns.journal import STATE_FOLDER
from poecli.turns.kept import KeptTurn


@dataclass(frozen=True)
class AttachOptions:
    """Which bot, and on which port the page is; ``port`` 0 is any free one.

    ``state`` is the user's folder where the turns are kept, apart for each server; ``data`` that
    with the chats.
    """

    bot: BotAddress
    port: int
    state: Path
    data: Path

    @property
    def root(self) -> Path:
        """Where the turns with this server are kept."""
        digest = hashlib.sha256(self.bot.url.encode()).hexdigest()[:16]
        return self.state / "attached" / digest


@asynccontextmanager
async def attached_bot(options: AttachOptions, listener: Listener) -> AsyncIterator[AttachedBot]:
    """The page until the block ends; ``listener`` hears of each turn, as in `poe dev`.

    Raises UsageError when the port is taken.
    """
    async with AsyncExitStack() as stack:
        listening = listen(DEFAULT_HOST, options.port, None)
        stack.callback(listening.close)
        attached = AttachedBot(options, url_of(DEFAULT_HOST, listening), listener)
        stack.push_async_callback(attached.session.aclose)
        stack.push_async_callback(attached.trace.close)
        guard = Guard()
        routes = [guard.wrap(route, list) for route in attached.routes()]
        await stack.enter_async_context(serving(listening, routes, attached, attached.tell))
        # Ended before the server, which waits for the streams of open pages.
        stack.push_async_callback(attached.playground.close)
        yield attached


class AttachedBot:
    """One bot elsewhere. To the playground it is what serves the bots."""

    def __init__(self, options: AttachOptions, url: str, listener: Listener) -> None:
        self.url = url
        self.page = f"{url}{PREFIX}/"
        self.data = options.data
        self._address = options.bot
        self.root = options.root
        self._listener = listener
        shown = url_to_keep(options.bot.url)
        self._bot = ServedBot(options.bot.name, urlsplit(shown).path, shown)
        key = options.bot.key
        keys = [key.reveal()] if key else []
        self._journal = Journal(self.root / STATE_FOLDER, listener, keys, Turns())
        self._asking: asyncio.Task[None] | None = None
        self._files = FileServer()
        self._files.url = f"{url}{PREFIX}/files"
        self.session = open_session(overhear=self._overhear)
        self.playground = Playground(self)
        self.trace = Trace(self.tell, self._journal.keep_turn, examine_all=True)

    def tell(self, event: DevEvent) -> None:
        if isinstance(event, ViolationSeen):
            self._journal.keep_note(self.trace.id_of(event.turn), event)
        self.playground.hear(event)
        self._listener(event)

    async def ask_settings(self) -> None:
        """What the bot says of itself; a server that does not answer may be started later."""
        try:
            await ask_raw_settings(self._address, session=self.session)
        except PoeCliError as error:
            failure = BotLoadError(error.message, why=error.why, hint=error.hint)
            self._bot = replace(self._bot, failure=failure)
            self.tell(Notice(error.message, warning=True))
        self.tell(Attached(self.url, self._bot, self.page))

    def reload(self) -> None:
        """Ask for the settings anew."""
        self._asking = asyncio.create_task(self.ask_settings())

    # --- ServedProject: what the playground needs ---

    @property
    def attached_to(self) -> str:
        """The server's address."""
        return self._bot.url

    @property
    def specs(self) -> Collection[str]:
        """What the bot is named by in `poe chat`."""
        return [self._bot.url]

    @property
    def bots(self) -> tuple[ServedBot, ...]:
        return (self._bot,)

    def address_of(self, _bot: ServedBot) -> BotAddress:
        """Where it is asked, with its access key."""
        return self._address

    def keep_file(self, name: str, content_type: str, data: bytes) -> Attachment:
        """A file that the bot fetches here. Raises UsageError where it can't reach this machine."""
        if not self._address.on_this_machine:
            raise UsageError(
                f"{name} can't be attached.",
                why=f"{self._address.peer.host} can't fetch a file from this machine.",
                hint=f"poe chat {self._bot.url} --attach URL, with a file that is on the web",
            )
        url = self._files.hand_out(name, content_type, data)
        return Attachment(url=url, content_type=content_type, name=name)

    def ask_again(
        self, turn: KeptTurn, frozen: KeptTurn | None
    ) -> tuple[str, AsyncGenerator[Event, None]]:
        """A kept question once more; the calls of a bot elsewhere can't be ``frozen``."""
        del frozen
        body = body_of("query", turn.request)
        return str(body["message_id"]), events_of(Call(self._address, body, self.session))

    async def trigger(self, triggered: TriggeredEvent) -> Mapping[str, Any]:
        """Send an event of Poe's, and tell what came of it."""
        turn = await asyncio.to_thread(turn_about, self.root, triggered)
        return await send_event(self._address, triggered, turn, self.session)

    # --- the port ---

    def routes(self) -> list[web.RouteDef]:
        """The page, and the files attached on it."""
        files = web.get("/files/{path:.+}", self._files.answer)
        return own_routes(self._status, self.reload, [*self.playground.routes(), files])

    def takes(self, _path: str) -> bool:
        return False

    async def handle(self, exchange: Exchange) -> None:
        """The answer on every path that is not the page's."""
        where = {"error": f"The bot is at {self._bot.url}, the playground at {PREFIX}/."}
        head = response_head(HTTPStatus.NOT_FOUND, [(b"Content-Type", b"application/json")])
        await exchange.answer(head, json.dumps(where).encode())

    def _status(self) -> Mapping[str, Any]:
        return {"url": self.url, "attached_to": self._bot.url}

    # --- what passes ---

    def _overhear(self, target: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> _Ear:
        tap = self.trace.begin(
            loads(body) if body else {},
            headers,
            path=unquote(target.partition("?")[0]),
            generation=0,
            bot=self._bot.name,
            target=target,
            raw=body,
        )
        return _Ear(self, tap)

    def learn(self, settings: bytes) -> None:
        try:
            told = loads(settings)
        except ValueError:
            return
        if isinstance(told, dict) and (told != self._bot.settings or self._bot.failure):
            self._bot = replace(self._bot, settings=told, failure=None)
            self.playground.hear(Attached(self.url, self._bot, self.page))


class _Ear:
    """Hears one answer for the trace; settings also for the page."""

    def __init__(self, attached: AttachedBot, tap: TurnTap) -> None:
        self._attached = attached
        self._tap = tap
        self._tap.status = 0  # until there is an answer
        self._settings: list[bytes] | None = [] if tap.started.kind == "settings" else None

    def answered(self, status: int, content_type: str) -> None:
        self._tap.status = status
        self._tap.is_stream = EVENT_STREAM in content_type.lower()

    def passing(self, chunk: bytes) -> None:
        self._tap.passing(chunk)
        if self._settings is not None:
            self._settings.append(chunk)

    def passed(self, chunk: bytes) -> None:
        self._tap.feed(chunk)

    def end(self, *, whole: bool) -> None:
        self._tap.hung_up = bool(self._tap.status) and not (whole or self._tap.is_recorded)
        self._tap.end()
        if whole and self._settings and self._tap.status == HTTPStatus.OK:
            self._attached.learn(b"".join(self._settings))
