"""Which worker answers: the current generation, those that finish their answers, the next one.

A generation becomes current in one assignment, after it has loaded and answered a ``settings``
request. The one before it takes no new request and ends when its last answer has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any, TypeVar

from poecli.dev_events import Listener, Notice, Reloaded, WorkerDied
from poecli.devserver.generations.generation import Generation
from poecli.errors import BotLoadError, PoeCliError
from poecli.protocol import limits
from poecli.waiting import cancel_and_wait, within

T = TypeVar("T")

MAX_LIVING = 5
# Ten saves within 200 ms are one change. A request that waits cuts a single change short.
QUIET_SECONDS = 0.08
# A request does not wait longer than this for a reload, but is answered by the last good one.
_PATIENCE_SECONDS = 1.0
# Without any good one there is nothing else to wait for; Poe itself gives up after 5 s.
_PATIENCE_WITHOUT_BOT_SECONDS = 20.0
_DRAIN_SECONDS = limits.ANSWER_SECONDS.value + 30
# A worker that lived longer than this did not die "at once", and is restarted at once.
_LIVED_SECONDS = 5.0
_BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)

# From the files that changed. Ends its worker when it is cancelled.
Loader = Callable[[tuple[str, ...]], Awaitable[Generation]]


class _Quiet(Enum):
    """How the quiet period after a change began."""

    AFTER_ONE = "nothing followed the first change"
    AFTER_SEVERAL = "several changes came one after the other"
    CUT_SHORT = "a request is waiting for the first change"


class Generations:
    """Holds the current generation and makes the next.

    ``speculate`` allows a load to begin before the quiet period is over. While ``is_awaited`` a
    request will follow each change, as if it waited for it already.
    """

    def __init__(
        self,
        load: Loader,
        report: Listener,
        *,
        speculate: bool,
        is_awaited: Callable[[], bool] = lambda: False,
    ) -> None:
        self.current: Generation | None = None
        self.failure: PoeCliError | None = None
        self._load = load
        self._report = report
        self._speculate = speculate
        self._is_awaited = is_awaited
        self._number = 0
        self._living: set[Generation] = set()
        self._pending: dict[str, None] = {}
        self._pending_since = 0.0
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._demand = asyncio.Event()
        self._settled = asyncio.Event()
        self._room = asyncio.Event()
        self._deaths = 0
        self._active_at = 0.0
        self._closing = False
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- for the server ---

    async def start(self) -> Generation:
        """Load the first generation. Raises what the loader raises; a later change may help."""
        self._settled.clear()
        try:
            generation = await self._load_next(())
            self._swap(generation)
        except PoeCliError as error:
            self.failure = error
            raise
        finally:
            if not self._wanted.is_set():  # by a change that came meanwhile
                self._settled.set()
            self._spawn(self._run())
        return generation

    def change(self, files: tuple[str, ...]) -> None:
        """These files have changed (none: on demand): load anew."""
        if not self._wanted.is_set():
            self._pending_since = time.monotonic()
            self._demand.clear()
            if self._is_awaited():
                self._demand.set()
        self._pending.update(dict.fromkeys(files))
        self._wanted.set()
        self._changed.set()
        self._settled.clear()
        self._deaths = 0

    def end_old(self) -> int:
        """End the generations that still finish answers; how many there were."""
        old = [generation for generation in self._living if generation.retired]
        for generation in old:
            generation.worker.kill()
        return len(old)

    def kill(self) -> None:
        """End every worker at once."""
        for generation in self._living:
            generation.worker.kill()

    async def close(self) -> None:
        """End every worker."""
        self._closing = True
        await cancel_and_wait(*self._tasks)
        self.current = None
        await asyncio.gather(*(generation.end(hurry=True) for generation in set(self._living)))

    async def settled(self) -> None:
        """Wait until every change has been taken in, or refused."""
        await self._settled.wait()

    @property
    def idle_seconds(self) -> float:
        """How long no generation has been loading or answering."""
        busy = not self._settled.is_set() or any(g.running for g in self._living)
        return 0.0 if busy else time.monotonic() - self._active_at

    # --- for the gateway ---

    async def acquire(self) -> Generation:
        """The generation to ask, counted as busy until `release`.

        Waits for a reload that is under way. Raises BotLoadError when there is no bot to ask.
        """
        if not self._settled.is_set():
            self._demand.set()
            patience = _PATIENCE_SECONDS if self.current else _PATIENCE_WITHOUT_BOT_SECONDS
            with contextlib.suppress(asyncio.TimeoutError):
                await within(self._settled.wait(), patience)
        generation = self.current
        if generation is None:
            failure = self.failure or BotLoadError("The bot is not loaded yet.", hint="Ask again.")
            raise failure.with_traceback(None)  # else it would hold every request it answered
        generation.running += 1
        return generation

    def release(self, generation: Generation) -> None:
        """One answer of it is over."""
        generation.running -= 1
        self._active_at = time.monotonic()
        if generation.retired and not generation.running:
            self._spawn(generation.end())

    # --- the loop ---

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            await self._reload()
            if not self._wanted.is_set():
                self._settled.set()

    async def _reload(self) -> None:
        guess = self._begin() if self._speculate and len(self._living) < MAX_LIVING else None
        quiet = await self._quiet_period()
        if guess is not None and quiet is _Quiet.AFTER_SEVERAL:
            await _discard(guess)
            guess = None
        if guess is None:
            await self._make_room()
            guess = self._begin()
        files, since = tuple(self._pending), self._pending_since
        self._pending.clear()
        self._wanted.clear()
        self._changed.clear()
        error = await self._take_over(guess)
        if error and quiet is _Quiet.CUT_SHORT and await self._changes_again():
            return  # it was a file half written; the rest of it is being taken in
        current = self.current
        self._report(
            Reloaded(
                ok=error is None,
                generation=current.number if current else 0,
                ms=(time.monotonic() - since) * 1000,
                files=files,
                error=error,
                bots=current.bots if current else (),
            )
        )

    async def _take_over(self, guess: asyncio.Task[Generation]) -> PoeCliError | None:
        try:
            self._swap(await guess)
        except PoeCliError as error:
            if self.current is None:
                self.failure = error
            return error
        except asyncio.CancelledError:
            await _discard(guess)
            raise
        return None

    async def _quiet_period(self) -> _Quiet:
        """Wait until no change has come for a while, or a request waits for the only one."""
        quiet = _Quiet.AFTER_ONE
        while True:
            self._changed.clear()
            waits = [asyncio.ensure_future(self._changed.wait())]
            if quiet is _Quiet.AFTER_ONE:
                waits.append(asyncio.ensure_future(self._demand.wait()))
            try:
                await asyncio.wait(waits, timeout=QUIET_SECONDS, return_when="FIRST_COMPLETED")
            finally:
                for wait in waits:
                    wait.cancel()
            if self._changed.is_set():
                quiet = _Quiet.AFTER_SEVERAL
            elif quiet is _Quiet.AFTER_ONE and self._demand.is_set():
                return _Quiet.CUT_SHORT
            else:
                return quiet

    async def _changes_again(self) -> bool:
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self._changed.wait(), QUIET_SECONDS)
        return self._changed.is_set()

    def _begin(self) -> asyncio.Task[Generation]:
        guess = self._spawn(self._load_next(tuple(self._pending)))
        guess.add_done_callback(_seen)
        return guess

    async def _make_room(self) -> None:
        reported = False
        while len(self._living) >= MAX_LIVING:
            if not reported:
                reported = True
                text = (
                    f"{len(self._living)} generations are still answering, which is the maximum: "
                    "the change is loaded when one of them has finished (k ends the old ones)"
                )
                self._report(Notice(text, warning=True))
            self._room.clear()
            await self._room.wait()

    async def _load_next(self, files: tuple[str, ...]) -> Generation:
        generation = await self._load(files)
        self._living.add(generation)
        self._spawn(self._watch(generation))
        return generation

    def _swap(self, generation: Generation) -> None:
        self._number += 1
        self._active_at = time.monotonic()
        generation.number = self._number
        old, self.current = self.current, generation
        self.failure = None
        if generation.worker.gone.is_set():  # before it was current, when that was no matter
            self._spawn(self._watch(generation))
        if old is None:
            return
        old.retired = True
        if old.running:
            self._spawn(self._drain(old))
        else:
            self._spawn(old.end())

    async def _drain(self, generation: Generation) -> None:
        try:
            await within(generation.worker.gone.wait(), _DRAIN_SECONDS)
        except asyncio.TimeoutError:
            text = f"generation {generation.number} was stopped after {_DRAIN_SECONDS} s"
            self._report(Notice(text, warning=True))
            generation.worker.kill()

    async def _watch(self, generation: Generation) -> None:
        await generation.worker.gone.wait()
        self._living.discard(generation)
        self._room.set()
        generation.pool.close()
        if generation is self.current and not self._closing:
            self.current = None
            await self._restart(generation)
        elif generation.running and not self._closing:
            self._report_death(generation, None)

    async def _restart(self, generation: Generation) -> None:
        """Load again: at once when it had lived a while, later and later when it had not."""
        if time.monotonic() - generation.began > _LIVED_SECONDS:
            self._deaths = 0
        delay = _BACK_OFF_SECONDS[min(self._deaths, len(_BACK_OFF_SECONDS) - 1)]
        deaths = self._deaths + 1
        self._report_death(generation, delay * 1000)
        self.failure = BotLoadError(
            "The bot's process has died.",
            why=f"{generation.worker.describe_end()}; it restarts in {delay:g} s.",
            detail="\n".join(generation.worker.last_output),
            id="worker-died",
        )
        await asyncio.sleep(delay)
        if self.current is None:
            self.change(())
            self._deaths = deaths

    def _report_death(self, generation: Generation, restart_ms: float | None) -> None:
        worker = generation.worker
        self._report(
            WorkerDied(
                generation.number,
                worker.describe_end(),
                tuple(worker.last_output),
                restart_ms,
            )
        )

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _seen(guess: asyncio.Task[Generation]) -> None:
    """Whoever began it may be stopped before he looks at its error."""
    if not guess.cancelled():
        guess.exception()


async def _discard(guess: asyncio.Task[Generation]) -> None:
    """Throw a load away that a later change has overtaken."""
    await cancel_and_wait(guess)
    if not guess.cancelled() and guess.exception() is None:
        await guess.result().end(hurry=True)
