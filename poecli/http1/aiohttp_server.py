"""The server in front of aiohttp's, and the exchanges of requests that aiohttp reads."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import hdrs, web
from multidict import CIMultiDict

from poecli.http1.exchange import STUCK_SECONDS, Exchange, Handler
from poecli.http1.heads import ResponseHead
from poecli.http1.server import Client, HttpServer
from poecli.waiting import within

_REQUEST_SECONDS = 60.0  # for a request to arrive whole
_LOOK_SECONDS = 0.1


class AiohttpServer(HttpServer):
    """To be used while `running`."""

    def __init__(self, handler: Handler, takes: Callable[[str], bool]) -> None:
        super().__init__(handler, takes)
        self._general: web.Server | None = None
        self._exchanges: set[RequestExchange] = set()

    @asynccontextmanager
    async def running(
        self, app: web.Application, *, close_seconds: float, **options: Any
    ) -> AsyncIterator[None]:
        """With this aiohttp application, whose handler is `handle`, for all other requests.

        ``options`` are those of web.AppRunner. At the end running answers have ``close_seconds``.
        """
        # A client that hangs up cancels the handler.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, **options)
        await runner.setup()
        self._general = runner.server
        try:
            yield
        finally:
            await self.close(close_seconds)
            await runner.cleanup()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The handler for aiohttp's server."""
        exchange = RequestExchange(request)
        self._exchanges.add(exchange)
        is_cut = True
        try:
            await self.handler(exchange)
            is_cut = not exchange.is_over
        except Exception:  # any: it is raised on, and only says how the answer ends
            is_cut = exchange.is_begun  # else aiohttp answers the error
            raise
        finally:
            self._exchanges.discard(exchange)
            if is_cut and request.transport is not None:
                request.transport.close()  # a cut answer must look cut
        return exchange.response

    def general(self) -> asyncio.Protocol:
        """A protocol of aiohttp's server."""
        if self._general is None:
            raise RuntimeError("the server is not running: async with server.running(app)")
        return self._general()

    def clients(self) -> Iterable[Client]:
        """All that may be stuck."""
        return [*super().clients(), *self._exchanges]


class _Response(web.StreamResponse):
    # aiohttp's own switch (as in web.Response): the head goes out with the first event, in one
    # packet. Where it is gone, the head goes first.
    _send_headers_immediately = False


class RequestExchange(Exchange):
    """The exchange of a request to aiohttp's server; ``response`` is what aiohttp is to be given.

    ``deadline`` is when the client must have taken what is being written.
    """

    __slots__ = ("_request", "deadline", "http_version", "response")

    def __init__(self, request: web.Request) -> None:
        super().__init__(request.method, request.raw_path, request.path, request.raw_headers)
        self.http_version = f"{request.version.major}.{request.version.minor}"
        self.response: web.StreamResponse = _Response()
        self.deadline = math.inf
        self._request = request

    @property
    def transport(self) -> asyncio.BaseTransport | None:
        return self._request.transport

    async def read(self) -> bytes:
        """The whole body, within its bound and its time. Raises web.HTTPException."""
        if self._request.content.is_eof():  # all of it is here, as nearly always
            return await self._request.read()
        try:
            return await within(self._request.read(), _REQUEST_SECONDS)
        except asyncio.TimeoutError as error:
            text = "The request did not arrive in time.\n"
            raise web.HTTPRequestTimeout(text=text) from error

    async def read_some(self) -> tuple[bytes, bool]:
        data = await self._request.content.readany()
        return data, not self._request.content.at_eof()

    async def begin(self, head: ResponseHead) -> None:
        self.is_begun = True
        reason = head.reason.decode("utf-8", "surrogateescape")
        headers = CIMultiDict(head.headers)
        self.response = _Response(status=head.status, reason=reason, headers=headers)
        await self.response.prepare(self._request)

    async def write(self, data: bytes) -> None:
        self.deadline = asyncio.get_running_loop().time() + STUCK_SECONDS
        await self.response.write(self._sendable(data))
        self.deadline = math.inf

    async def end(self, data: bytes = b"") -> None:
        self.deadline = asyncio.get_running_loop().time() + STUCK_SECONDS
        await self.response.write_eof(self._sendable(data))
        self.deadline = math.inf
        self.is_over = True

    def _sendable(self, data: bytes) -> bytes:
        # aiohttp leaves it to the handler that an answer to HEAD has no body.
        return b"" if self.method == hdrs.METH_HEAD else data

    def abort(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def gone(self) -> None:
        # aiohttp cancels the handler when its client hangs up, and tells nobody else.
        while self._request.transport is not None:  # noqa: ASYNC110 - see above: there is no event
            await asyncio.sleep(_LOOK_SECONDS)
