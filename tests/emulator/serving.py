"""A local Poe on a loopback port, and a bot of the author's beside it, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from poecli.config.credentials import Secret
from poecli.config.faults import parse_faults
from poecli.dev_events import DevEvent
from poecli.emulator.bots.local_bots import LocalBot
from poecli.emulator.bots.modes import parse_mode
from poecli.emulator.platform import Platform, PlatformOptions
from poecli.emulator.state.turns import UserTurn
from poecli.errors import NoSuchBot
from poecli.protocol.events import Event, frame_from_event
from poecli.protocol.requests import QueryRequest, parse_request
from poecli.protocol.sse import encode_frame
from tests.servers import serving

KEY = "k" * 32
R = TypeVar("R", bound=DevEvent)


@dataclass
class LocalPoe:
    """What a test holds of a running local Poe."""

    url: str
    platform: Platform
    reports: list[DevEvent]

    @property
    def bots(self) -> str:
        """The base URL of fastapi_poe's bot functions."""
        return f"{self.url}/bot/"

    @property
    def uploads(self) -> str:
        """The base URL of fastapi_poe's upload functions."""
        return f"{self.url}/poe_api/"

    def told(self, kind: type[R]) -> list[R]:
        """The reports of one kind."""
        return [report for report in self.reports if isinstance(report, kind)]

    def begin(self, dependencies: Mapping[str, int] | None, **changes: Any) -> UserTurn:
        """A turn of a bot of the author's."""
        values: dict[str, Any] = {
            "bot": "MyBot",
            "message_id": "m-1",
            "bot_query_id": "q-1",
            "access_key": Secret(KEY),
            **changes,
        }
        turn = UserTurn(dependencies=dependencies, **values)
        self.platform.begin_turn(turn)
        return turn


@dataclass
class OwnBots:
    """The author's bots, by name."""

    bots: dict[str, LocalBot] = field(default_factory=dict)

    def names(self) -> Collection[str]:
        return self.bots

    async def reach(self, target: str) -> LocalBot:
        if target not in self.bots:
            raise NoSuchBot(f"There is no local bot {target!r}.")
        return self.bots[target]


@asynccontextmanager
async def local_poe(
    folder: Path,
    *,
    bots: Mapping[str, str] | None = None,
    faults: str = "",
    own: OwnBots | None = None,
    access_keys: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[LocalPoe]:
    """A local Poe whose state is in ``folder``."""
    reports: list[DevEvent] = []
    settings = PlatformOptions(
        state=folder / ".poe",
        root=folder,
        bots={bot: parse_mode(text, bot=bot) for bot, text in (bots or {}).items()},
        faults=parse_faults([faults]),
        access_keys={name: Secret(key) for name, key in (access_keys or {}).items()},
        **options,
    )
    platform = Platform(settings, report=reports.append, local_bots=own or OwnBots())
    app = web.Application()
    app.add_routes(platform.routes())
    try:
        async with serving(app) as url:
            yield LocalPoe(url, platform, reports)
    finally:
        await platform.close()


@dataclass
class AuthorsBot:
    """A bot server that answers every query with the same events and keeps what it was asked."""

    answer: Sequence[Event]
    settings: Mapping[str, Any] = field(default_factory=dict)
    queries: list[QueryRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/{path:.*}", self._handle)  # a bot of its own, or any bot on "Poe"
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = parse_request(await request.json())
        if not isinstance(body, QueryRequest):
            return web.json_response(dict(self.settings))
        self.queries.append(body)
        self.headers.append(dict(request.headers))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in self.answer:
            await response.write(encode_frame(frame_from_event(event)))
        return response
