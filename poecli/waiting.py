"""Waiting with a limit, so that whoever waits can always be stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import threading
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")
_LOOK_SECONDS = 0.05

_ENDING = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_STREAMS = (0, 1, 2)
# After so long the loop does not come round, and only an exception stops what runs in it.
_STANDSTILL_SECONDS = 1.0


class Ended(KeyboardInterrupt):
    """Stopped by a signal, Ctrl-C's or another, whose ``number`` the exit code tells."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


async def within(step: Awaitable[T], seconds: float | None) -> T:
    """The outcome of a step; None is without end. Raises asyncio.TimeoutError.

    Before Python 3.12 asyncio.wait_for loses a cancellation that comes as the step ends: what was
    stopped goes on. https://github.com/python/cpython/issues/86296
    """
    task = asyncio.ensure_future(step)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise asyncio.TimeoutError
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their end, however that is.

    Whoever awaits such a task itself and suppresses CancelledError swallows its own cancellation
    too, and goes on when it was to stop. https://github.com/python/cpython/issues/103486
    """
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def exit_code(process: Process) -> int:
    """Wait for the end of a process, and for nothing else; its exit code, a signal's is negative.

    Since Python 3.11 Process.wait waits for its pipes as well, which what it has started may hold
    open. https://github.com/python/cpython/issues/119710
    """
    waiting = asyncio.ensure_future(process.wait())
    try:
        while process.returncode is None:
            await asyncio.wait({waiting}, timeout=_LOOK_SECONDS)
    finally:
        waiting.cancel()
    return process.returncode


def let_go(process: Process) -> None:
    """Close the pipes of a process, if it has ended: what it has started may hold them open."""
    if process.returncode is not None:  # else this would kill it
        process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 - it has no close


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, whose ways to stop leave something behind or never end. Raises Ended.

    Stopped by Ctrl-C it waits for threads that nobody can stop: the lookup of a name takes as long
    as the resolver wants, a tool's function as its author. At a second one, before Python 3.11 at
    the first, it stops all tasks at once, also those by which others learn that a process is gone.
    Other signals end it where it stands.
    """
    return asyncio.run(_to_its_end(main))


async def _to_its_end(main: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(thread_name_prefix="poe")
    loop.set_default_executor(threads)
    try:
        with _cancelled_by_signals():
            return await main
    except (asyncio.CancelledError, Ended):
        loop.set_default_executor(ThreadPoolExecutor())  # the one that asyncio.run waits for
        threads.shutdown(wait=False, cancel_futures=True)
        raise


@contextmanager
def handling(numbers: Iterable[int], handler: Callable[[int, Any], object]) -> Iterator[None]:
    """Signals go to a handler, and after that where they went before.

    Not by loop.add_signal_handler: Windows' loops have none.
    """
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    """Signals cancel the task, which clears up; Ctrl-C again, what it clears up with."""
    stop = _Stop(asyncio.current_task(), asyncio.get_running_loop())
    try:
        with handling(_ours(), stop.take):
            yield
    except asyncio.CancelledError:
        if stop.number:
            raise Ended(stop.number) from None
        raise


class _Stop:
    """What signals do to a task. ``number`` is the first that came."""

    def __init__(self, task: asyncio.Task[Any] | None, loop: asyncio.AbstractEventLoop) -> None:
        self.number = 0
        self._task = task
        self._loop = loop
        self._unseen_since: float | None = None

    def take(self, number: int, _frame: object) -> None:
        """As a handler of signals."""
        interrupts, now = number == signal.SIGINT, time.monotonic()
        if interrupts and now - (self._unseen_since or now) > _STANDSTILL_SECONDS:
            raise KeyboardInterrupt
        if self.number and not interrupts:
            return  # `timeout` and a closed terminal send two
        if number == getattr(signal, "SIGHUP", None):
            _leave_terminal()
        self.number = self.number or number
        self._unseen_since = self._unseen_since or now
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._unseen_since = None
        if self._task is not None:
            self._task.cancel()


def _ours() -> list[int]:
    """The signals that nohup, a shell's & or somebody's own handler has not taken."""
    if threading.current_thread() is not threading.main_thread():
        return []
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    # asyncio.run replaces this one alone, where it may, from Python 3.11 on.
    taken = signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL, None)
    return ours if taken else [*ours, signal.SIGINT]


def _leave_terminal() -> None:
    """Where it hung up: what is still read or written there would fail."""
    for stream in _STREAMS:
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                nowhere = os.open(os.devnull, os.O_RDWR)
                os.dup2(nowhere, stream)
                os.close(nowhere)
