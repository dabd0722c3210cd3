"""Connections to a server of ours: HTTP/1.1, no more of it than is needed.

The peer is always `http1.server` or aiohttp's behind it, so an answer is either chunked without
trailers or has a length.
"""

from __future__ import annotations

import asyncio

from poecli.http1.heads import HOP_BY_HOP, RawHeaders, ResponseHead, read_response

_MOST_QUEUED_BYTES = 256 * 1024
_TO_THE_END = -1


class ServerGone(ConnectionError):
    """The server has gone, before or in the middle of an answer."""


class ClientConnection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self) -> None:
        self.at_end = True
        self.lost = False
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._method = ""
        self._head: ResponseHead | None = None
        self._queue: list[bytes] = []
        self._rest = b""  # received, and not yet enough to be understood
        self._is_chunked = False
        self._left = 0  # of the chunk or the body
        self._line_ends = 0  # bytes of the line end after a chunk
        self._last_chunk = False
        self._paused = False

    # --- an exchange ---

    def request(self, method: str, target: str, headers: RawHeaders, body: bytes) -> None:
        """Send a request; headers of another connection and lengths are left out."""
        if self._transport is None:
            raise ServerGone("the connection is closed")
        self._begin(method)
        lines = [f"{method} {target} HTTP/1.1\r\n".encode()]
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                lines += (name, b": ", value, b"\r\n")
        lines += (b"Content-Length: %d\r\n\r\n" % len(body), body)
        self._transport.write(b"".join(lines))

    async def head(self) -> ResponseHead:
        """Wait for status and headers. Raises ServerGone when the server has gone."""
        while self._head is None:
            await self._more()
        return self._head

    async def read(self) -> bytes:
        """What has come of the body; empty at its end. Raises ServerGone when cut."""
        while not self._queue:
            if self.at_end:
                return b""
            await self._more()
        data = self._queue[0] if len(self._queue) == 1 else b"".join(self._queue)
        self._queue.clear()
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    @property
    def is_drained(self) -> bool:
        """True when the whole answer has been read."""
        return self.at_end and not self._queue

    def close(self) -> None:
        """Hang up, which ends an answer that is not wanted any more."""
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = True
        self._transport = None
        if self._left == _TO_THE_END:
            self.at_end = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        try:
            self._take(data)
        except ValueError:
            # Not HTTP: a child that the bot forked has written to the connection as well.
            self.close()
        self._wake()

    # --- inside ---

    def _take(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        position = 0
        if self._head is None:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            self._take_head(data[:end])
            position = end + 4
        if self._is_chunked:
            self._take_chunks(data, position)
        elif not self.at_end:
            self._take_plain(data[position:] if position else data)
        if len(self._queue) > 1 and sum(map(len, self._queue)) > _MOST_QUEUED_BYTES:
            self._pause()

    def _begin(self, method: str) -> None:
        self._method = method
        self._head = None
        self._is_chunked = self._last_chunk = self.at_end = False
        self._left = self._line_ends = 0

    def _take_head(self, text: bytes) -> None:
        head = self._head = read_response(text)
        self._is_chunked = head.is_chunked
        if self._method == "HEAD" or head.is_empty:
            self._is_chunked, self.at_end = False, True
        elif not self._is_chunked:
            self._left = _TO_THE_END if head.length is None else head.length

    def _take_plain(self, data: bytes) -> None:
        if not data:
            return
        self._queue.append(data)
        if self._left != _TO_THE_END:
            self._left -= len(data)
            self.at_end = self._left <= 0

    def _take_chunks(self, data: bytes, position: int) -> None:
        size = len(data)
        while position < size:
            if self._left:
                part = data[position : position + self._left]
                self._queue.append(part)
                position += len(part)
                self._left -= len(part)
                self._line_ends = 0 if self._left else 2
            elif self._line_ends:
                step = min(self._line_ends, size - position)
                position += step
                self._line_ends -= step
                self.at_end = self._last_chunk and not self._line_ends
            else:
                end = data.find(b"\r\n", position)
                if end < 0:
                    self._rest = data[position:]
                    return
                self._left = int(data[position:end].partition(b";")[0], 16)
                position = end + 2
                if not self._left:
                    self._last_chunk, self._line_ends = True, 2

    def _pause(self) -> None:
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        if self.lost:
            raise ServerGone("the server closed the connection")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None


class ConnectionPool:
    """Connections to one server: the path of a unix socket, or a port on 127.0.0.1."""

    def __init__(self, address: str | int) -> None:
        self._address = address
        self._idle: list[ClientConnection] = []
        self._closed = False

    async def take(self) -> ClientConnection:
        """An idle connection or a new one. Raises ServerGone when nobody listens."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost:
                return connection
        try:
            return await self._connect()
        except OSError as error:
            raise ServerGone(str(error)) from error

    def give_back(self, connection: ClientConnection) -> None:
        """Keep it for the next request when its answer was read to the end; else hang up."""
        if connection.is_drained and not connection.lost and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()

    async def _connect(self) -> ClientConnection:
        loop = asyncio.get_running_loop()
        if isinstance(self._address, int):
            _, connection = await loop.create_connection(
                ClientConnection, "127.0.0.1", self._address
            )
        else:
            _, connection = await loop.create_unix_connection(ClientConnection, self._address)
        return connection

    def close(self) -> None:
        """Close what is idle."""
        self._closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()
