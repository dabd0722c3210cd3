"""Where warm workers come from: one interface, three implementations.

ForkSource      Linux: forked from a process that has imported the SDK; one fork waits
StandbySource   everywhere: one spawned process has imported the SDK and waits
FreshSource     everywhere: a new interpreter for each load; the plain way, and the slowest
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Protocol

from poecli.devserver.ahead import Ahead, Surroundings
from poecli.devserver.fork_server import ForkServerHandle, Modules
from poecli.devserver.workers import Worker, spawn_worker, whole_or_undone
from poecli.errors import BotLoadError, UsageError

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


class ForkSource:
    """Forks of a server process; a server whose modules start threads is made anew without them.

    One fork waits, which spares a reload the fork and all that comes before the author's file.
    ``notify`` is told in words when a package can't be preloaded.
    """

    name = "fork"
    cheap = True

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._refused: set[str] = set()
        self._retired: list[ForkServerHandle] = []
        self._lock = asyncio.Lock()
        self._server = asyncio.create_task(self._start(()))
        self._ahead = Ahead(self._fork)

    async def take(self, surroundings: Surroundings) -> Worker:
        """The fork that waits, or a new one."""
        return await self._ahead.take(surroundings)

    async def renew(self, modules: Modules) -> None:
        """Start the next server beside the old one; swap when it is warm."""
        async with self._lock:
            server = await self._start(modules)
            old, self._server = self._server, asyncio.create_task(_at_once(server))
            retired = await old
            retired.retire()
            self._retired.append(retired)
        await self._ahead.renew()

    async def close(self) -> None:
        """End the server."""
        await self._ahead.close()
        for retired in self._retired:
            await retired.close()
        self._server.cancel()
        await asyncio.wait({self._server})
        if not self._server.cancelled() and self._server.exception() is None:
            await self._server.result().close()

    async def _fork(self) -> Worker:
        """A new fork; of a new server when the last one has died."""
        # A load that is given up must not take the server with it.
        server = await asyncio.shield(self._server)
        try:
            return await whole_or_undone(server.fork(), Worker.end_now)
        except OSError:
            async with self._lock:
                if self._server.done() and self._server.result() is server:
                    await server.close()
                    self._server = asyncio.create_task(self._start(server.modules))
            server = await asyncio.shield(self._server)
            return await whole_or_undone(server.fork(), Worker.end_now)

    async def _start(self, modules: Modules) -> ForkServerHandle:
        while True:
            server = await whole_or_undone(
                ForkServerHandle.start(modules, self._refused), ForkServerHandle.close
            )
            try:
                package = await server.warmed()
            except BaseException:
                await asyncio.shield(server.close())
                raise
            if package is None:
                return server
            await server.close()
            if not package:
                raise BotLoadError(
                    "The fork server can't be used here.",
                    why="Importing the SDK started a thread, and a thread does not survive a fork.",
                    hint="poe dev --reload-with standby",
                )
            self._refused.add(package)
            self._notify(f"{package} starts threads when imported, so it is not preloaded")


async def _at_once(server: ForkServerHandle) -> ForkServerHandle:
    return server


def make_source(kind: str, notify: Notify) -> WorkerSource:
    """The source by name; "auto" is the best one of this platform. Raises UsageError."""
    can_fork = sys.platform == "linux"
    if kind == "auto":
        kind = "fork" if can_fork else "standby"
    if kind == "fork" and not can_fork:
        raise UsageError(
            "--reload-with fork works on Linux only.",
            why="The system libraries of other platforms do not survive a fork.",
            hint="--reload-with standby",
        )
    if kind == "fork":
        return ForkSource(notify)
    return StandbySource() if kind == "standby" else FreshSource()
