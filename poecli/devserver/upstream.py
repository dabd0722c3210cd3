"""The gateway's side of its connections to a worker: HTTP/1.1, no more of it than is needed.

The peer is always our own server (hosting.serving), so an answer is either chunked
without trailers or has a length. A general client costs the gateway half of its time a request:
measured by tests/benchmarks/serving.py.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from poecli.hosting.serving.handover import OF_THE_CONNECTION, RawHeaders

# The gateway says itself which generation answered.
GENERATION_HEADER = "X-Poe-Generation"
_MOST_QUEUED_BYTES = 256 * 1024
NO_BODY = (204, 304)
_STREAM = b"text/event-stream"
_GENERATION = GENERATION_HEADER.lower().encode()
_TO_THE_END = -1


class WorkerLost(ConnectionError):
    """The worker has gone, before or in the middle of an answer."""


@dataclass(frozen=True)
class Head:
    """Status line and headers of an answer, without those of the connection.

    ``lines`` are the headers as they came, each with its line end.
    """

    status: int
    reason: bytes = b""
    lines: bytes = b""
    length: int | None = None
    is_chunked: bool = False
    is_stream: bool = False

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names and values."""
        pairs = (line.partition(b":") for line in self.lines.split(b"\r\n")[:-1])
        return [(_text(name), _text(value.strip())) for name, _, value in pairs]


# Answers of one second have the same head but for their dates; most of a busy server's are one.
@lru_cache(maxsize=8)
def read_head(text: bytes) -> Head:
    """The head of an answer, without the blank line at its end. Raises ValueError."""
    first, *lines = text.split(b"\r\n")
    _, status, *reason = first.split(b" ", 2)
    passed_on = []
    length: int | None = None
    is_chunked = is_stream = False
    for line in lines:
        name, _, value = line.partition(b":")
        lower = name.lower()
        if lower == b"content-length":
            length = int(value)
        elif lower == b"transfer-encoding":
            is_chunked = True
            continue
        elif lower == b"content-type":
            is_stream = value.strip().startswith(_STREAM)
        elif lower in OF_THE_CONNECTION or lower == _GENERATION:
            continue
        passed_on.append(line + b"\r\n")
    return Head(int(status), b"".join(reason), b"".join(passed_on), length, is_chunked, is_stream)


class UpstreamConnection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self) -> None:
        self.at_end = True
        self.lost = False
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._method = ""
        self._head: Head | None = None
        self._queue: list[bytes] = []
        self._rest = b""  # received, and not yet enough to be understood
        self._is_chunked = False
        self._left = 0  # of the chunk or the body
        self._line_ends = 0  # bytes of the line end after a chunk
        self._last_chunk = False
        self._paused = False

    # --- an exchange ---

    def ask(self, method: str, path: str, headers: RawHeaders, body: bytes | None) -> None:
        """Send a request; ``path`` is as it came in, with its query."""
        if self._transport is None:
            raise WorkerLost("the connection is closed")
        self._begin(method)
        lines = [f"{method} {path} HTTP/1.1\r\n".encode()]
        for name, value in headers:
            if name.lower() not in OF_THE_CONNECTION:
                lines += (name, b": ", value, b"\r\n")
        if body is not None:
            lines.append(b"Content-Length: %d\r\n" % len(body))
        lines += (b"\r\n", body or b"")
        self._transport.write(b"".join(lines))

    async def head(self) -> Head:
        """Wait for status and headers. Raises WorkerLost when the worker has gone."""
        while self._head is None:
            await self._more()
        return self._head

    async def read(self) -> bytes:
        """What has come of the body; empty at its end. Raises WorkerLost when cut."""
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
        """Called by the event loop."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        """Called by the event loop."""
        self.lost = True
        self._transport = None
        if self._left == _TO_THE_END:
            self.at_end = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
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
        head = self._head = read_head(text)
        self._is_chunked = head.is_chunked
        if self._method == "HEAD" or head.status in NO_BODY or head.length == 0:
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
            raise WorkerLost("the worker closed the connection")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


class UpstreamPool:
    """Connections to one worker: the path of a unix socket, or a port on 127.0.0.1."""

    def __init__(self, address: str | int) -> None:
        self._address = address
        self._idle: list[UpstreamConnection] = []
        self._closed = False

    async def take(self) -> UpstreamConnection:
        """An idle connection or a new one. Raises WorkerLost when nobody listens."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost:
                return connection
        try:
            return await self._connect()
        except OSError as error:
            raise WorkerLost(str(error)) from error

    def give_back(self, connection: UpstreamConnection) -> None:
        """Keep it for the next request when its answer was read to the end; else hang up."""
        if connection.is_drained and not connection.lost and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()

    async def _connect(self) -> UpstreamConnection:
        loop = asyncio.get_running_loop()
        if isinstance(self._address, int):
            _, connection = await loop.create_connection(
                UpstreamConnection, "127.0.0.1", self._address
            )
        else:
            _, connection = await loop.create_unix_connection(UpstreamConnection, self._address)
        return connection

    def close(self) -> None:
        """Close what is idle."""
        self._closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()
