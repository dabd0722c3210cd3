"""Waiting with a limit."""

from __future__ import annotations

import asyncio

import pytest

from poecli.waiting import within


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
