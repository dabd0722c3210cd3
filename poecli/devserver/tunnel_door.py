"""The socket that a tunnel leads to: of all that `poe dev` serves, only the bots are behind it.

It is another one than the author's, so that no header has to say, and none can claim, that a
request came from this machine. What passes:

    POST on a bot's path                 with the bot's key, which is asked for here already
    GET, HEAD on a bot's path            the page that says a bot is there
    GET, HEAD /_poe/files/ID/NAME        a file of the local Poe, by an id that nobody can guess

Everything else is 404: the local Poe, the playground, control, and other routes of the author's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from poecli.config.credentials import Secret
from poecli.dev_events import Listener, ServedBot
from poecli.devserver.front import listen, serving
from poecli.devserver.gateway import Gateway, json_answer, stream_head
from poecli.devserver.guard import Caller
from poecli.http1.exchange import Exchange
from poecli.protocol import events as ev
from poecli.protocol.foreign_json import loads
from poecli.protocol.sse import encode_frame

_HOST = "127.0.0.1"
_PAGE_METHODS = ("GET", "HEAD")


class TunnelDoor:
    """Serves while `open`; ``key_of`` gives the key that callers of a bot must show.

    A query whose message_id is ``rehearsed`` is answered here, in ``beats`` small events that are
    ``apart`` seconds apart: what of their pace arrives outside shows what the way does to a stream,
    and costs nothing.
    """

    beats = 6
    apart = 0.15

    def __init__(
        self,
        gateway: Gateway,
        bots: Callable[[], tuple[ServedBot, ...]],
        key_of: Callable[[ServedBot], Secret | None],
    ) -> None:
        self._gateway = gateway
        self._bots = bots
        self._key_of = key_of
        self.rehearsed = ""
        self.port = 0

    @asynccontextmanager
    async def open(
        self, files: Iterable[web.RouteDef], report: Listener
    ) -> AsyncIterator[TunnelDoor]:
        """Listen on a free port of this machine, and also answer these routes."""
        with listen(_HOST, 0, None) as listening:
            self.port = listening.getsockname()[1]
            async with serving(listening, files, self, report):
                yield self

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request from outside."""
        bot = next((bot for bot in self._bots() if bot.path == exchange.path), None)
        if bot is None or exchange.method not in ("POST", *_PAGE_METHODS):
            await exchange.answer(*json_answer(404, {"error": "Nothing is served here."}))
        elif exchange.method in _PAGE_METHODS:
            await self._gateway.handle(exchange, tunneled=True)
        elif not Caller.of(None, exchange.headers).shows([self._key_of(bot)]):
            # The status of fastapi_poe's own refusal.
            await exchange.answer(*json_answer(401, {"detail": "Invalid access key"}))
        elif self.rehearsed and _message_id(await exchange.read()) == self.rehearsed:
            await self._beat(exchange)
        else:
            await self._gateway.handle(exchange, tunneled=True)

    def takes(self, path: str) -> bool:
        """Whether one of the bots is there."""
        return any(bot.path == path for bot in self._bots())

    async def _beat(self, exchange: Exchange) -> None:
        await exchange.begin(stream_head())
        for number in range(self.beats):
            await exchange.write(_frame(ev.Text(f"{number} ")))
            await asyncio.sleep(self.apart if number < self.beats - 1 else 0)
        await exchange.end(_frame(ev.Done()))


def _frame(event: ev.Event) -> bytes:
    return encode_frame(ev.frame_from_event(event))


def _message_id(body: bytes) -> str:
    try:
        value: Mapping[str, Any] = loads(body)
        return str(value["message_id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
