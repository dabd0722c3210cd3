"""Warm workers forked from a server process: Linux only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

assert sys.platform != "win32"  # noqa: S101 - the type checker reads no further there

from poecli.config.interpreter import Interpreter  # noqa: E402 - see above
from poecli.devserver.generations.fork_server import ForkServerHandle  # noqa: E402 - see above
from poecli.devserver.generations.workers import Modules, Worker, whole_or_undone  # noqa: E402 - see above
from poecli.errors import BotLoadError  # noqa: E402 - see above


class ForkFactory:
    """Forks of a server process; a server whose modules start threads is made anew without them.

    ``notify`` is called with a sentence when a package can't be preloaded.
    """

    def __init__(self, notify: Callable[[str], None], interpreter: Interpreter) -> None:
        self._notify = notify
        self._interpreter = interpreter
        self._refused: set[str] = set()
        self._retired: list[ForkServerHandle] = []
        self._lock = asyncio.Lock()
        self._server = asyncio.create_task(self._start(()))

    async def make(self) -> Worker:
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

    async def renew(self, modules: Modules) -> None:
        """Start the next server beside the old one; swap when it is warm."""
        async with self._lock:
            server = await self._start(modules)
            old, self._server = self._server, asyncio.create_task(_at_once(server))
            retired = await old
            retired.retire()
            self._retired.append(retired)

    async def close(self) -> None:
        """End the server."""
        for retired in self._retired:
            await retired.close()
        self._server.cancel()
        await asyncio.wait({self._server})
        if not self._server.cancelled() and self._server.exception() is None:
            await self._server.result().close()

    async def _start(self, modules: Modules) -> ForkServerHandle:
        while True:
            starting = ForkServerHandle.start(self._interpreter, modules, self._refused)
            server = await whole_or_undone(starting, ForkServerHandle.close)
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
