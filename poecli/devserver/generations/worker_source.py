"""Where warm workers come from: one interface, three implementations.

ForkSource      Linux: forked from a process that has imported the SDK (fork_source.py)
StandbySource   everywhere: one spawned process has imported the SDK and waits
FreshSource     everywhere: a new interpreter for each load; the plain way, and the slowest
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Protocol

from poecli.devserver.generations.standby import Ahead, Surroundings
from poecli.devserver.generations.workers import Modules, Worker, spawn_worker, whole_or_undone
from poecli.errors import UsageError

Notify = Callable[[str], None]


class WorkerSource(Protocol):
    """Gives workers that have imported the SDK."""

    name: str
    cheap: bool  # a worker may be taken on a guess and thrown away

    async def take(self, surroundings: Surroundings) -> Worker:
        """A warm worker in these surroundings. Raises BotLoadError when none can be made."""

    async def renew(self, modules: Modules) -> None:
        """Make the next workers anew, with these third-party modules imported ahead."""

    async def close(self) -> None:
        """End what waits."""


class FreshSource:
    """A new interpreter for each load."""

    name = "fresh"
    cheap = False

    async def take(self, surroundings: Surroundings) -> Worker:
        """Spawned now."""
        worker = await whole_or_undone(spawn_worker(), Worker.end_now)
        worker.prepare(surroundings)
        return worker

    async def renew(self, modules: Modules) -> None:
        """Nothing waits, so nothing is old."""

    async def close(self) -> None:
        """Nothing waits."""


class StandbySource:
    """One process that has imported everything waits; the next is begun in the background."""

    name = "standby"
    cheap = False

    def __init__(self) -> None:
        self._modules: Modules = ()
        self._ahead = Ahead(self._make)
        self._ahead.begin(0)

    async def take(self, surroundings: Surroundings) -> Worker:
        """The one that waits, or the one being made."""
        return await self._ahead.take(surroundings)

    async def renew(self, modules: Modules) -> None:
        """Replace the one that waits."""
        self._modules = modules
        await self._ahead.renew()

    async def close(self) -> None:
        """End the one that waits."""
        await self._ahead.close()

    async def _make(self) -> Worker:
        worker = await whole_or_undone(spawn_worker(), Worker.end_now)
        try:
            await worker.warm(self._modules)
        except BaseException:
            await asyncio.shield(worker.end_now())
            raise
        return worker


def make_source(kind: str, notify: Notify) -> WorkerSource:
    """The source by name; "auto" is the best one of this platform. Raises UsageError."""
    if sys.platform == "linux":
        if kind in ("auto", "fork"):
            # Other platforms have not what it is made of.
            from poecli.devserver.generations.fork_source import ForkSource  # noqa: PLC0415 - see above

            return ForkSource(notify)
    elif kind == "fork":
        raise UsageError(
            "--reload-with fork works on Linux only.",
            why="The system libraries of other platforms do not survive a fork.",
            hint="--reload-with standby",
        )
    if kind == "auto":
        kind = "standby"
    return StandbySource() if kind == "standby" else FreshSource()
