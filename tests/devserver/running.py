"""A dev server in the test's own process, with real workers, and saves told by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from poecli.config.target import Target
from poecli.dev_events import DevEvent
from poecli.devserver.saves.watcher import Watcher
from poecli.devserver.server import DevOptions, DevServer
from tests.devserver.bots import Client, client

R = TypeVar("R")
LIMIT_SECONDS = 100


class HandWatcher:
    """Gives the batches that a test tells it."""

    def __init__(self) -> None:
        self._batches: asyncio.Queue[tuple[Path, ...]] = asyncio.Queue()
        self.outside: set[Path] = set()

    async def batches(self) -> AsyncIterator[tuple[Path, ...]]:
        while True:
            yield await self._batches.get()

    def also(self, files: Collection[Path]) -> None:
        self.outside |= set(files)

    def close(self) -> None:
        """Nothing is open."""

    def saved(self, *files: Path) -> None:
        """These files have changed."""
        self._batches.put_nowait(files)


class Running:
    """A server, what it reports, and a client of its first bot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: list[DevEvent] = []
        self.watcher = HandWatcher()
        self.server: DevServer
        self.bot: Client
        self._more = asyncio.Event()
        self._given: set[int] = set()

    def report(self, report: DevEvent) -> None:
        self.reports.append(report)
        self._more.set()

    def saved(self) -> None:
        """main.py has changed."""
        self.watcher.saved(self.folder / "main.py")

    async def next(self, kind: type[R], **fields: Any) -> R:
        """The first report of that kind with those fields that was not given before."""
        return await asyncio.wait_for(self._next(kind, fields), LIMIT_SECONDS)

    async def _next(self, kind: type[R], fields: dict[str, Any]) -> R:
        while True:
            for report in self.all(kind):
                if id(report) not in self._given and fields.items() <= vars(report).items():
                    self._given.add(id(report))
                    return report
            self._more.clear()
            await self._more.wait()

    def all(self, kind: type[R]) -> list[R]:
        """Every report of that kind so far."""
        return [report for report in self.reports if isinstance(report, kind)]


@asynccontextmanager
async def running(
    folder: Path,
    *,
    routes: Sequence[web.RouteDef] = (),
    ready: bool = True,
    watcher: Watcher | None = None,
    **options: Any,
) -> AsyncIterator[Running]:
    """A server of the bot in that folder; with ``ready`` it has loaded."""
    run = Running(folder)
    target = Target.parse("main.py", folder)
    run.server = DevServer(
        DevOptions(target, port=0, **options),
        report=run.report,
        platform_routes=routes,
        watcher=watcher or run.watcher,
    )
    async with run.server, client(run.server.url) as run.bot:
        if ready:
            await run.server.wait_ready()
        yield run
