"""Where warm workers come from: one is kept ready before it is wanted.

Its factory makes them: by a fork of a process that has imported the SDK (fork_server, Linux), or
by a new interpreter.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from typing import Protocol

from poecli.config.python.interpreter import Interpreter
from poecli.devserver.generations.workers import Modules, Worker, spawn_worker, whole_or_undone
from poecli.errors import UsageError
from poecli.hosting.process.messages import Prepare
from poecli.waiting import within

# The next one is made once the reload that used the last one is out of the way.
_DELAY_SECONDS = 0.2

Notify = Callable[[str], None]


class WorkerFactory(Protocol):
    """Makes workers that have imported the SDK and nothing of the author's."""

    async def make(self) -> Worker:
        """One more. Raises BotLoadError when none can be made."""

    async def renew(self, modules: Modules) -> None:
        """Have the next ones import these third-party modules ahead."""

    async def close(self) -> None:
        """No more are wanted."""


class SpawnFactory:
    """A new interpreter for each worker."""

    def __init__(self, interpreter: Interpreter, *, preload: bool) -> None:
        self._interpreter = interpreter
        self._preload = preload
        self._modules: Modules = ()

    async def make(self) -> Worker:
        """Spawned now."""
        worker = await whole_or_undone(spawn_worker(self._interpreter), Worker.end_now)
        try:
            if self._preload:
                await worker.preload(self._modules)
        except BaseException:
            await asyncio.shield(worker.end_now())
            raise
        return worker

    async def renew(self, modules: Modules) -> None:
        """For the next ones."""
        self._modules = modules

    async def close(self) -> None:
        """Nothing is left open."""


class WorkerSource:
    """Gives workers, the one on standby first: it was prepared with the context of the last one.

    ``standby`` is False where each is made when it is wanted. ``cheap``: one may be taken on a
    guess and thrown away.
    """

    def __init__(
        self, factory: WorkerFactory, *, standby: bool = True, cheap: bool = False
    ) -> None:
        self.cheap = cheap
        self._factory = factory
        self._has_standby = standby
        self._context: Prepare | None = None
        self._next: _PendingWorker | None = None

    def begin(self, delay: float = _DELAY_SECONDS) -> None:
        """Make the standby in the background, unless there is one."""
        if self._has_standby and self._next is None:
            self._next = _PendingWorker(self._factory, self._prepare, delay)

    async def take(self, context: Prepare) -> Worker:
        """The standby when it is fit, else one made now. Raises what the factory raises."""
        self._context = context
        waiting, self._next = self._next, None
        if waiting is None or waiting.failed:
            waiting = _PendingWorker(self._factory, self._prepare, 0)
        self.begin()
        worker = await waiting.take()
        if worker.gone.is_set() or worker.context not in (None, context):
            await worker.stop()
            worker = await self._factory.make()
        self._prepare(worker)
        return worker

    async def renew(self, modules: Modules) -> None:
        """Make the next workers anew, with these third-party modules imported ahead."""
        await self._factory.renew(modules)
        await self._end_standby()
        self.begin()

    async def close(self) -> None:
        """End what waits."""
        await self._end_standby()
        await self._factory.close()

    async def _end_standby(self) -> None:
        waiting, self._next = self._next, None
        if waiting is not None:
            await waiting.end()

    def _prepare(self, worker: Worker) -> None:
        if worker.context is None and self._context is not None:
            worker.prepare(self._context)


class _PendingWorker:
    """A worker being made: after a delay, or at once when it is wanted sooner."""

    def __init__(
        self, factory: WorkerFactory, prepare: Callable[[Worker], None], delay: float
    ) -> None:
        self._wanted = asyncio.Event()
        self._making = asyncio.create_task(self._run(factory, prepare, delay))

    @property
    def failed(self) -> bool:
        """True when none could be made; the next attempt may fare better."""
        making = self._making
        return making.done() and (making.cancelled() or making.exception() is not None)

    async def take(self) -> Worker:
        """The worker. Given up, it ends with the wait."""
        self._wanted.set()
        try:
            return await self._making
        except asyncio.CancelledError:
            await self.end()  # it may be made by now
            raise

    async def end(self) -> None:
        """End it, made or half made."""
        self._making.cancel()
        await asyncio.wait({self._making})
        if not self.failed:
            await self._making.result().stop()

    async def _run(
        self, factory: WorkerFactory, prepare: Callable[[Worker], None], delay: float
    ) -> Worker:
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self._wanted.wait(), delay)
        worker = await factory.make()
        if not self._wanted.is_set():
            worker.warm_up()
        prepare(worker)
        return worker


def make_source(kind: str, notify: Notify, interpreter: Interpreter) -> WorkerSource:
    """The source by name; "auto" is the best one of this platform. Raises UsageError.

    ``notify`` is called with a sentence when a package can't be preloaded.
    """
    if sys.platform == "linux":
        if kind in ("auto", "fork"):
            # Other platforms have not what it is made of.
            from poecli.devserver.generations.fork_server import ForkFactory  # noqa: PLC0415 - see above

            return WorkerSource(ForkFactory(notify, interpreter), cheap=True)
    elif kind == "fork":
        raise UsageError(
            "--reload-with fork works on Linux only.",
            why="The system libraries of other platforms do not survive a fork.",
            hint="--reload-with standby",
        )
    if kind == "fresh":
        return WorkerSource(SpawnFactory(interpreter, preload=False), standby=False)
    source = WorkerSource(SpawnFactory(interpreter, preload=True))
    source.begin(0)
    return source
