"""What the page hears: one stream of server-sent events for each browser, that can be resumed.

Messages are gathered for 33 ms and go out as one numbered frame; the first after a pause goes at
once. A page that comes back names the last frame it got, and gets those it missed; one of another
`poe dev`, one that missed too many or was away too long, gets the whole state instead. A page that
doesn't read is never waited for. What changes faster than anybody can read is told at a pace
(`Paced`), and nothing is made or kept for nobody.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from typing import Any

from poecli.protocol.sse import Frame, encode_frame

Message = Mapping[str, Any]

_GATHER_SECONDS = 0.033  # 16 ms costs 1.4 times and shows no more
_KEPT_FRAMES = 512
_KEPT_BYTES = 4 * 1024 * 1024
_MOST_WAITING = 256
_RETRY_MS = 250  # a browser's own default is 3 to 4 s
_AWAITED_SECONDS = 5.0  # after the last page was cut off: it may be back at once

_MOMENT = 0.1  # seconds
_MOST_AT_ONCE = 10
# What a page does with them holds up one request of each of 50 users who share its cores. Once a
# second those are 2 % of 2,700 requests, and their p99.
_REST_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_MOST_TOLD = 1000  # that may still run, in a minute's rush


class _OpenPage:
    """One page. What it does not read in time is dropped for the state, which is None here."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_behind = False

    def put(self, frame: bytes) -> None:
        if self.is_behind:
            return
        if self.queue.qsize() < _MOST_WAITING:
            self.queue.put_nowait(frame)
            return
        self.is_behind = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """`publish` messages; each page reads `frames`. ``state`` is what a page begins with, once
    ``ready`` says so.
    """

    def __init__(
        self,
        state: Callable[[], list[Message]],
        ready: Callable[[], Awaitable[None]] | None = None,
        *,
        awaited_seconds: float = _AWAITED_SECONDS,
    ) -> None:
        self._state = state
        self._ready = ready
        self._boot = os.urandom(4).hex()
        self._number = 0
        self._kept: deque[tuple[int, bytes]] = deque()
        self._kept_bytes = 0
        self._pending: list[Message] = []
        self._flush_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._pages: set[_OpenPage] = set()
        self._awaited_seconds = awaited_seconds
        self._awaited_until = 0.0
        self._closed = False

    @property
    def has_pages(self) -> bool:
        """Whether anybody listens, or may soon again; a caller may save itself the work."""
        return bool(self._pages) or (
            self._awaited_until > 0 and asyncio.get_running_loop().time() < self._awaited_until
        )

    def publish(self, message: Message) -> None:
        """Tell all pages. Call it on the event loop. Where there are none, nothing is kept."""
        if self._closed or not self.has_pages:
            return
        self._pending.append(message)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time(), self._flush_at), self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._flush_at = asyncio.get_running_loop().time() + _GATHER_SECONDS
        messages, self._pending = self._pending, []
        if not messages:
            return
        self._number += 1
        frame = self._encode(messages)
        self._kept.append((self._number, frame))
        self._kept_bytes += len(frame)
        while len(self._kept) > _KEPT_FRAMES or self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft()[1])
        for page in self._pages:
            page.put(frame)

    def _encode(self, messages: list[Message]) -> bytes:
        data = json.dumps(messages, ensure_ascii=False, separators=(",", ":"), default=str)
        return encode_frame(Frame(data=data, id=f"{self._boot}.{self._number}"))

    async def frames(self, last: str = "") -> AsyncGenerator[bytes, None]:
        """A page's stream, until the feed is closed. ``last`` is the id of its last frame."""
        if self._ready is not None:
            await self._ready()
        if not self.has_pages:
            self._forget()
        page = _OpenPage()
        self._flush()  # what waits belongs to the state that the page begins with
        missed = self._missed(last)
        self._pages.add(page)
        try:
            yield f"retry: {_RETRY_MS}\n\n".encode()
            if missed is None:
                yield self._encode(self._state())
            else:
                for frame in missed:
                    yield frame
            while not self._closed:
                next_frame = await page.queue.get()
                if self._closed:
                    return
                if next_frame is None:
                    self._flush()
                    page.is_behind = False
                    next_frame = self._encode(self._state())
                yield next_frame
        finally:
            self._pages.discard(page)
            self._awaited_until = asyncio.get_running_loop().time() + self._awaited_seconds

    def _forget(self) -> None:
        """Of what happened since the last frame nothing was kept."""
        self._number += 1
        self._kept.clear()
        self._kept_bytes = 0

    def _missed(self, last: str) -> list[bytes] | None:
        """The frames after one, or None where they are not all there."""
        boot, _, number = last.partition(".")
        if boot != self._boot or not number.isdecimal():
            return None
        first = self._kept[0][0] if self._kept else self._number + 1
        if not first - 1 <= int(number) <= self._number:
            return None
        return [frame for at, frame in self._kept if at > int(number)]

    def close(self) -> None:
        """End all streams: no page keeps the server from stopping."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for page in self._pages:
            page.queue.put_nowait(None)


class Paced:
    """Tells what changes often, each thing as it stands by then.

    What an open page costs is bounded by time, not by what happens: one change is told within a
    moment, and then nothing for ``seconds`` for each thing told. In a rush, more than 10 changed
    since the last look, the 10 that changed first are told and then nothing for ``rest_seconds``;
    all that wait are told a second after it is over, but for more than ``most`` of which no page
    has heard yet. What is told in a rush says so: ``"rush": true``.
    """

    def __init__(
        self, feed: Feed, *, seconds: float, most: int = 1, rest_seconds: float = _REST_SECONDS
    ) -> None:
        self._feed = feed
        self._seconds = seconds
        self._rest_seconds = rest_seconds
        self._most = most
        self._waiting: dict[Hashable, Callable[[], Message]] = {}
        self._changed: set[Hashable] = set()  # since the last look
        self._told: dict[Hashable, None] = {}
        self._told_until = 0.0
        self._rest_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def changed(self, thing: Hashable, message: Callable[[], Message]) -> None:
        """Tell of a thing, by the message that there is once its time has come."""
        if not self._feed.has_pages:
            return
        self._changed.add(thing)
        self._waiting.pop(thing, None)
        self._waiting[thing] = message
        if len(self._waiting) > self._most:
            self._leave_one_out()
        if self._timer is None:
            self._wait()

    def _leave_one_out(self) -> None:
        unheard = next((thing for thing in self._waiting if thing not in self._told), None)
        if unheard is not None:
            del self._waiting[unheard]

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(max(loop.time() + _MOMENT, self._told_until), self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        is_rush = len(self._changed) > _MOST_AT_ONCE
        self._changed.clear()
        if is_rush:
            self._told_until = now + min(_LOOK_SECONDS, self._rest_seconds)
            if now >= self._rest_until:
                self._tell(list(self._waiting)[:_MOST_AT_ONCE], {"rush": True})
                self._rest_until = now + self._rest_seconds
        else:
            self._told_until = now + min(len(self._waiting), _MOST_AT_ONCE) * self._seconds
            self._tell(list(self._waiting), {})
        if self._waiting:
            self._wait()

    def _tell(self, things: list[Hashable], mark: Message) -> None:
        for thing in things:
            self._feed.publish({**self._waiting.pop(thing)(), **mark})
            self._told[thing] = None
        for first in list(self._told)[:-_MOST_TOLD]:
            del self._told[first]
