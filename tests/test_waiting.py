"""Waiting with a limit."""

from __future__ import annotations

import asyncio
import signal
import threading
import time

import pytest

from poecli.waiting import Ended, run_async, within


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


def test_ctrl_c_again_hurries_what_clears_up_and_stops_nothing_that_it_needs() -> None:
    """It may wait for a task that tells when a process is gone."""
    done: list[str] = []

    async def main() -> None:
        gone = asyncio.Event()

        async def watching() -> None:
            signal.raise_signal(signal.SIGINT)
            for _ in range(3):
                await asyncio.sleep(0)
            signal.raise_signal(signal.SIGINT)
            for _ in range(3):
                await asyncio.sleep(0)
            gone.set()

        watcher = asyncio.create_task(watching())
        try:
            await asyncio.Event().wait()
        finally:
            try:
                await asyncio.Event().wait()
            finally:
                await within(gone.wait(), 10)
                done.append("cleared up")
                await watcher

    with pytest.raises(KeyboardInterrupt):
        run_async(main())
    assert done == ["cleared up"]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_another_signal_cancels_and_is_told_once(name: str) -> None:
    """`timeout` sends two: the second does not cut short what clears up."""
    number = getattr(signal, name)
    done: list[str] = []

    async def main() -> None:
        signal.raise_signal(number)
        try:
            await asyncio.Event().wait()
        finally:
            signal.raise_signal(number)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            done.append("cleared up")

    with pytest.raises(Ended) as ended:
        run_async(main())
    assert (ended.value.number, done) == (number, ["cleared up"])
    assert signal.getsignal(number) is signal.SIG_DFL


def test_ctrl_c_again_ends_what_lets_the_loop_stand_still() -> None:
    """A tools file that never comes to its end, say."""

    async def main() -> None:
        signal.raise_signal(signal.SIGINT)
        began = time.monotonic()
        while time.monotonic() - began < 10:
            if time.monotonic() - began > 1.1:
                signal.raise_signal(signal.SIGINT)
        raise AssertionError("nobody stopped it")

    with pytest.raises(KeyboardInterrupt):
        run_async(main())
