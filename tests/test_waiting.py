"""Waiting with a limit."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from poecli.waiting import run_async, within


async def test_a_cancellation_that_meets_the_end_of_a_step_is_not_lost() -> None:
    """Whoever is stopped at that moment ends."""
    step = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(within(step, 60))
    await asyncio.sleep(0)
    step.set_result("an answer")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_step_that_takes_too_long_is_ended() -> None:
    """It is not left running."""
    ended = asyncio.Event()

    async def step() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(asyncio.TimeoutError):
        await within(step(), 0.01)
    assert ended.is_set()


def test_ctrl_c_waits_for_no_thread() -> None:
    """asyncio.run would wait for the thread; its owner may be a resolver that got no answer."""
    began, released, over = threading.Event(), threading.Event(), threading.Event()

    def look_up() -> None:
        began.set()
        released.wait(20)
        over.set()

    async def main() -> None:
        lookup = asyncio.ensure_future(asyncio.to_thread(look_up))
        await asyncio.to_thread(began.wait)
        signal.raise_signal(signal.SIGINT)
        await lookup

    with pytest.raises(KeyboardInterrupt):
        run_async(main())
    assert not over.is_set()
    released.set()
