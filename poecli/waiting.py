"""Waiting with a limit, so that whoever waits can always be stopped."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_LOOK_SECONDS = 0.05


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
    """As asyncio.run, which stopped by Ctrl-C waits for threads that nobody can stop.

    The lookup of a name takes as long as the resolver wants, a tool's function as its author.
    """
    return asyncio.run(_leaving_threads(main))


async def _leaving_threads(main: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(thread_name_prefix="poe")
    loop.set_default_executor(threads)
    try:
        return await main
    except asyncio.CancelledError:
        loop.set_default_executor(ThreadPoolExecutor())  # the one that asyncio.run waits for
        threads.shutdown(wait=False, cancel_futures=True)
        raise
