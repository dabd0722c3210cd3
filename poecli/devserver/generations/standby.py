"""Keeps one worker ready before it is wanted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from poecli.devserver.generations.workers import Worker

# The next one is made once the reload that used the last one is out of the way.
_DELAY_SECONDS = 0.2

Surroundings = Mapping[str, Any]
Make = Callable[[], Awaitable[Worker]]


class Ahead:
    """One worker that waits, in the surroundings of the last one.

    ``make`` makes a worker that has imported the SDK and nothing of the author's.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._surroundings: Surroundings | None = None
        self._next: _Next | None = None

    def begin(self, delay: float = _DELAY_SECONDS) -> None:
        """Make one in the background."""
        self._next = _Next(self._make, self._prepare, delay)

    async def take(self, surroundings: Surroundings) -> Worker:
        """The one that waits when it is fit, else one made now. Raises what ``make`` raises."""
        self._surroundings = surroundings
        waiting = self._next
        if waiting is None or waiting.failed:
            waiting = _Next(self._make, self._prepare, 0)
        self.begin()
        worker = await waiting.take()
        if worker.gone.is_set() or worker.surroundings not in (None, surroundings):
            await worker.stop()
            worker = await self._make()
        self._prepare(worker)
        return worker

    async def renew(self) -> None:
        """Replace the one that waits."""
        await self.close()
        self.begin()

    async def close(self) -> None:
        """End the one that waits."""
        waiting, self._next = self._next, None
        if waiting is not None:
            await waiting.end()

    def _prepare(self, worker: Worker) -> None:
        if worker.surroundings is None and self._surroundings is not None:
            worker.prepare(self._surroundings)


class _Next:
    """A worker being made: after a delay, or at once when it is wanted sooner."""

    def __init__(self, make: Make, prepare: Callable[[Worker], None], delay: float) -> None:
        self._wanted = asyncio.Event()
        self._making = asyncio.create_task(self._run(make, prepare, delay))

    @property
    def failed(self) -> bool:
        """True when none could be made; the next attempt may fare better."""
        making = self._making
        return making.done() and (making.cancelled() or making.exception() is not None)

    async def take(self) -> Worker:
        """The worker. Given up, it ends with the wait."""
        self._wanted.set()
        return await self._making

    async def end(self) -> None:
        """End it, made or half made."""
        self._making.cancel()
        await asyncio.wait({self._making})
        if not self.failed:
            await self._making.result().stop()

    async def _run(self, make: Make, prepare: Callable[[Worker], None], delay: float) -> Worker:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), delay)
        worker = await make()
        if not self._wanted.is_set():
            worker.rehearse()
        prepare(worker)
        return worker
