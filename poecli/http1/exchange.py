"""One request and the way back: what a handler is given, whoever serves it.

Our own server makes exchanges of plain requests (server), aiohttp's of all others (here).
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import hdrs, web
from multidict import CIMultiDict

from poecli.http1.heads import ResponseHead

Address = tuple[str, int]

_REQUEST_SECONDS = 60.0  # for a request to arrive whole
# A client that takes nothing for this long has gone; the worker of its answer is freed.
STUCK_SECONDS = 30.0
_LOOK_SECONDS = 0.1


class Exchange(ABC):
    """One request, and its answer: `begin`, any number of `write`, `end`.

    One that its handler leaves without an end is cut, so that it looks cut. ``target`` is the path
    as it came in, with the query; ``path`` is decoded, and without. The head of the answer leaves
    with the first bytes of its body, maybe none: ``write(b"")`` sends it by itself.
    """

    __slots__ = ("headers", "is_begun", "is_over", "method", "path", "target")

    http_version = "1.1"

    def __init__(
        self, method: str, target: str, path: str, headers: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self.method = method
        self.target = target
        self.path = path
        self.headers = headers
        self.is_begun = False
        self.is_over = False

    @property
    @abstractmethod
    def transport(self) -> asyncio.BaseTransport | None:
        """The client's; None once it has hung up."""

    @property
    def client(self) -> Address | None:
        """The client's address; None over a unix socket."""
        return _address(self.transport, "peername")

    @property
    def server(self) -> Address | None:
        """Our own address; None for a unix socket."""
        return _address(self.transport, "sockname")

    @abstractmethod
    async def read(self) -> bytes:
        """The whole body."""

    @abstractmethod
    async def read_some(self) -> tuple[bytes, bool]:
        """What is there of the body, and whether more is to come."""

    @abstractmethod
    async def begin(self, head: ResponseHead) -> None:
        """The head of the answer. Raises ConnectionError when the client has gone."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """A part of the body. Raises ConnectionError when the client has gone."""

    @abstractmethod
    async def end(self, data: bytes = b"") -> None:
        """The rest of the body. Raises ConnectionError when the client has gone."""

    async def answer(self, head: ResponseHead, body: bytes) -> None:
        """Head and body at once. Raises ConnectionError when the client has gone."""
        await self.begin(head)
        await self.end(body)

    @abstractmethod
    def abort(self) -> None:
        """Hang up."""

    @abstractmethod
    async def gone(self) -> None:
        """Return when the client has hung up."""


Handler = Callable[[Exchange], Awaitable[None]]


def _address(transport: asyncio.BaseTransport | None, which: str) -> Address | None:
    found = transport.get_extra_info(which) if transport is not None else None
    return found[:2] if isinstance(found, tuple) else None


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
            return await asyncio.wait_for(self._request.read(), _REQUEST_SECONDS)
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
