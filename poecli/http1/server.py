"""Answers plain requests (see heads) with next to no work of its own, before a general server.

A connection whose next request is not plain, or not for one of the paths that are taken here, is
handed to the general server with all that has come, and stays there.
"""

from __future__ import annotations

import asyncio
import math
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Protocol

from poecli.http1.exchange import STUCK_SECONDS, Exchange, Handler
from poecli.http1.heads import RequestHead, ResponseHead, Verdict, read_request
from poecli.waiting import cancel_and_wait

_REQUEST_SECONDS = 60.0  # for a request to arrive whole
_IDLE_SECONDS = 3630.0  # as aiohttp's server
_LOOK_SECONDS = 5.0
_MOST_HELD_BYTES = 64 * 1024  # of requests sent before the answer to the last has ended


class Client(Protocol):
    """One that is to ask, or to take its answer, until its ``deadline``."""

    deadline: float

    def abort(self) -> None:
        """Hang up."""


class HttpServer(ABC):
    """A factory of protocols for ``loop.create_server``.

    ``handler`` answers an exchange, and is cancelled when its client hangs up; ``takes`` says
    whether plain requests to a path are answered without the general server.
    """

    def __init__(self, handler: Handler, takes: Callable[[str], bool]) -> None:
        self.handler = handler
        self.takes = takes
        self.connections: set[_Connection] = set()

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        return _Connection(self)

    @abstractmethod
    def general(self) -> asyncio.Protocol:
        """A protocol of the general server."""

    def clients(self) -> Iterable[Client]:
        """All that may be stuck."""
        return list(self.connections)

    async def watch_for_stuck_clients(self) -> None:
        """Hang up on clients that have stopped asking or taking; runs until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for client in self.clients():
                if client.deadline < loop.time():
                    client.abort()

    async def close(self, seconds: float) -> None:
        """Give running answers so many seconds, then hang up."""
        if tasks := self._tasks():
            await asyncio.wait(tasks, timeout=seconds)
        for connection in list(self.connections):
            connection.abort()
        await cancel_and_wait(*self._tasks())

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [each.task for each in self.connections if each.task is not None]


class _PlainExchange(Exchange):
    """The exchange of a plain request, which is here as a whole."""

    __slots__ = ("_body", "_connection", "_head", "_is_chunked")

    def __init__(self, connection: _Connection, head: RequestHead, body: bytes) -> None:
        super().__init__("POST", head.path, head.path, head.headers)
        self._body = body
        self._connection = connection
        self._head = b""
        self._is_chunked = False

    @property
    def transport(self) -> asyncio.Transport | None:
        return self._connection.transport

    async def read_some(self) -> tuple[bytes, bool]:
        return self._body, False

    async def begin(self, head: ResponseHead) -> None:
        self.is_begun = True
        self._is_chunked = not head.has_length
        framing = b"Transfer-Encoding: chunked\r\n" if self._is_chunked else b""
        self._head = b"HTTP/1.1 %d %b\r\n%b%b\r\n" % (
            head.status,
            head.reason,
            head.lines,
            framing,
        )

    async def write(self, data: bytes) -> None:
        if self._is_chunked and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        await self._send(data)

    async def end(self, data: bytes = b"") -> None:
        if self._is_chunked:
            data = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
        await self._send(data)
        self.is_over = True

    def abort(self) -> None:
        self._connection.abort()

    async def gone(self) -> None:
        await self._connection.gone()

    async def _send(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        await self._connection.send(data)


class _Connection(asyncio.Protocol):
    """One client, one exchange at a time."""

    def __init__(self, server: HttpServer) -> None:
        self.transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.deadline = math.inf
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._held = bytearray()  # received, and not yet answered
        self._head: RequestHead | None = None  # of a request whose body is on its way
        self._is_partial = False  # a request has begun to arrive
        self._is_full = False  # more is held than may be: reading pauses
        self._writable: asyncio.Future[None] | None = None
        self._gone: asyncio.Future[None] | None = None  # made when somebody asks

    async def send(self, data: bytes) -> None:
        """Write, and wait while the client takes nothing."""
        if self.transport is None:
            raise ConnectionResetError("the client has hung up")
        self.transport.write(data)
        if self._writable is not None:
            await self._writable

    def abort(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.abort()

    async def gone(self) -> None:
        """Return when the client has hung up."""
        if self.transport is None:
            return
        if self._gone is None:
            self._gone = self._loop.create_future()
        await asyncio.shield(self._gone)

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport
            _send_at_once(transport)
        self._server.connections.add(self)
        self.deadline = self._loop.time() + _IDLE_SECONDS

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        self._server.connections.discard(self)
        self.resume_writing()
        if self._gone is not None:
            self._gone.set_result(None)
        if self.task is not None:
            self.task.cancel()

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()
        self.deadline = self._loop.time() + STUCK_SECONDS

    def resume_writing(self) -> None:
        self.deadline = math.inf
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None

    def data_received(self, data: bytes) -> None:
        self._held += data
        if self.task is None:
            self._next()
        elif len(self._held) > _MOST_HELD_BYTES and self.transport is not None:
            self._is_full = True
            self.transport.pause_reading()

    # --- inside ---

    def _next(self) -> None:
        """Begin the next request, once it is whole."""
        head = self._head or read_request(self._held)
        if head is Verdict.INCOMPLETE:
            self._await_more()
            return
        if head is Verdict.OTHER or not self._server.takes(head.path):
            self._hand_over()
            return
        end = head.size + head.body_size
        if len(self._held) < end:
            self._head = head
            self._await_more()
            return
        exchange = _PlainExchange(self, head, bytes(self._held[head.size : end]))
        del self._held[:end]
        self._head = None
        self._is_partial = False
        self.deadline = math.inf
        self.task = self._loop.create_task(self._answer(exchange))

    def _await_more(self) -> None:
        if not self._is_partial:
            self._is_partial = True
            self.deadline = self._loop.time() + _REQUEST_SECONDS

    async def _answer(self, exchange: _PlainExchange) -> None:
        try:
            await self._server.handler(exchange)
        except Exception as error:  # noqa: BLE001 - a fault of ours ends this connection only
            context = {"message": f"no answer for {exchange.path}", "exception": error}
            self._loop.call_exception_handler(context)
        finally:
            self.task = None
            if self.transport is not None:
                if exchange.is_over:
                    self._go_on(self.transport)
                else:
                    self.transport.close()  # a cut answer must look cut

    def _go_on(self, transport: asyncio.Transport) -> None:
        if self._is_full:
            self._is_full = False
            transport.resume_reading()
        if self._held:
            self._next()
        else:
            self.deadline = self._loop.time() + _IDLE_SECONDS

    def _hand_over(self) -> None:
        """From now on the connection is the other server's."""
        transport, self.transport = self.transport, None
        if transport is None:
            return
        self._server.connections.discard(self)
        other = self._server.general()
        transport.set_protocol(other)
        other.connection_made(transport)
        other.data_received(bytes(self._held))


def _send_at_once(transport: asyncio.Transport) -> None:
    """No waiting for the client's ACK between two events: 40 ms each on Linux (RFC 896, RFC 1122).

    asyncio does it only for sockets that name TCP as their protocol, and those which
    socket.create_server makes do not.
    """
    connection = transport.get_extra_info("socket")
    if connection.family != getattr(socket, "AF_UNIX", None):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
