"""How a session of `poe dev` ends at signals."""

from __future__ import annotations

import asyncio
import signal

import pytest

from poecli.commands.dev.ending import Ending, stopping_at_signals
from poecli.errors import ExitCode


async def _signalled(times: int) -> None:
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0)


async def test_a_second_ctrl_c_ends_the_workers_at_once() -> None:
    hurried: list[str] = []
    stop = Ending(hurry=lambda: hurried.append("at once"))
    with stopping_at_signals(stop):
        await _signalled(1)
        first = (stop.code, list(hurried))
        await _signalled(1)
    assert (first, hurried) == ((ExitCode.INTERRUPTED, []), ["at once"])


async def test_a_third_ctrl_c_ends_what_the_end_waits_for() -> None:
    async def session() -> None:
        with stopping_at_signals(Ending()):
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

    ended = asyncio.Event()
    running = asyncio.create_task(session())
    await asyncio.sleep(0)
    await _signalled(3)
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
