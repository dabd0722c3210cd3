"""Waiting with a limit, so that whoever waits can always be stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from asyncio.subprocess import Process
from collections.abc import Awaitable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_LOOK_SECONDS = 0.05

_ENDING = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_STREAMS = (0, 1, 2)


class Ended(KeyboardInterrupt):
    """Stopped by another signal than Ctrl-C's, whose ``number`` the exit code tells."""

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
    """As asyncio.run, which stopped by Ctrl-C waits for threads that nobody can stop, and ended by
    another signal leaves folders and processes behind. Raises Ended after such a signal.

    The lookup of a name takes as long as the resolver wants, a tool's function as its author.
    """
    return asyncio.run(_to_its_end(main))


async def _to_its_end(main: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(thread_name_prefix="poe")
    loop.set_default_executor(threads)
    try:
        with _clearing_up_at_signals():
            return await main
    except (asyncio.CancelledError, Ended):
        loop.set_default_executor(ThreadPoolExecutor())  # the one that asyncio.run waits for
        threads.shutdown(wait=False, cancel_futures=True)
        raise


@contextmanager
def _clearing_up_at_signals() -> Iterator[None]:
    """Where a signal would end the process and leave what it made, the task is cancelled."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    taken: list[int] = []

    def take(number: int, _frame: object) -> None:
        taken.append(number)
        if number != signal.SIGTERM:
            _leave_terminal()
        if task is not None and len(taken) == 1:  # `timeout` and a closed terminal send two
            loop.call_soon_threadsafe(task.cancel)

    mine = threading.current_thread() is threading.main_thread()
    every = [getattr(signal, name) for name in _ENDING if mine and hasattr(signal, name)]
    # One that nohup or a handler of somebody else's took is not ours.
    ours = [number for number in every if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, take)
    try:
        yield
    except asyncio.CancelledError:
        if taken:
            raise Ended(taken[0]) from None
        raise
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave_terminal() -> None:
    """It hung up: what is still read or written there would fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in filter(os.isatty, _STREAMS):
        os.dup2(nowhere, stream)
    os.close(nowhere)
