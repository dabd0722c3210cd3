"""From the gateway to its client: plain, or through aiohttp's server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from aiohttp import web
from multidict import CIMultiDict

from poecli.devserver.upstream import GENERATION_HEADER, NO_BODY, Head
from poecli.http1.server import PlainExchange

# A client that takes nothing for this long has gone; its worker is freed.
_STUCK_SECONDS = 30.0
_GENERATION_HEADER = GENERATION_HEADER.encode()


class WayBack(Protocol):
    """To the client. Raises ConnectionError when it has gone."""

    async def begin(self, head: Head, generation: int) -> None:
        """The head of the answer."""

    async def write(self, chunk: bytes) -> None:
        """A part of the body."""

    async def end(self, chunk: bytes) -> None:
        """The rest of the body."""

    def abort(self) -> None:
        """Hang up."""


class PlainWayBack:
    """A way back without a general server in it."""

    def __init__(self, exchange: PlainExchange) -> None:
        self._exchange = exchange
        self.write = exchange.write
        self.end = exchange.end
        self.abort = exchange.abort

    async def begin(self, head: Head, generation: int) -> None:
        """The head of the answer."""
        lines = b"%b%b: %d\r\n" % (head.lines, _GENERATION_HEADER, generation)
        has_length = head.length is not None or head.status in NO_BODY
        self._exchange.begin(head.status, head.reason, lines, has_length=has_length)


class _Response(web.StreamResponse):
    # aiohttp's own switch (as in web.Response): the head goes out with the first event, in one
    # packet. Where it is gone, the head goes first.
    _send_headers_immediately = False


class GeneralWayBack:
    """A way back through aiohttp's server."""

    def __init__(self, request: web.Request, stuck: StuckClients) -> None:
        self.response: web.StreamResponse = _Response()
        self._request = request
        self._stuck = stuck

    async def begin(self, head: Head, generation: int) -> None:
        """The head of the answer."""
        headers = CIMultiDict([*head.headers, (GENERATION_HEADER, str(generation))])
        reason = head.reason.decode("utf-8", "surrogateescape")
        self.response = _Response(status=head.status, reason=reason, headers=headers)
        await self.response.prepare(self._request)

    async def write(self, chunk: bytes) -> None:
        """A part of the body."""
        with self._stuck.watching(self):
            await self.response.write(chunk)

    async def end(self, chunk: bytes) -> None:
        """The rest of the body."""
        with self._stuck.watching(self):
            await self.response.write_eof(chunk)

    def abort(self) -> None:
        """Hang up."""
        if self._request.transport is not None:
            self._request.transport.abort()


class StuckClients:
    """Clients of aiohttp's server that have stopped taking their answer."""

    def __init__(self) -> None:
        self._writing: dict[GeneralWayBack, float] = {}

    @contextmanager
    def watching(self, way_back: GeneralWayBack) -> Iterator[None]:
        """While this lasts, the client is to take something."""
        self._writing[way_back] = time.monotonic()
        try:
            yield
        finally:
            del self._writing[way_back]

    async def hang_up(self) -> None:
        """Hang up on them; runs until cancelled."""
        while True:
            await asyncio.sleep(_STUCK_SECONDS / 6)
            now = time.monotonic()
            for way_back, since in list(self._writing.items()):
                if now - since > _STUCK_SECONDS:
                    way_back.abort()
