"""What takes long is made in a thread that leaves the loop its turns."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time

import pytest

from poecli.playground.aside import aside


async def test_it_is_made_in_another_thread_and_comes_back() -> None:
    assert await aside(threading.get_ident) != threading.get_ident()


async def test_the_collector_rests_meanwhile_and_goes_on_after() -> None:
    assert not await aside(gc.isenabled)
    assert gc.isenabled()


async def test_it_gives_way_sooner_than_threads_do_else() -> None:
    before = sys.getswitchinterval()
    assert await aside(sys.getswitchinterval) < before
    assert sys.getswitchinterval() == before


def fail() -> None:
    raise ValueError("no")


async def test_what_fails_says_so_here_and_leaves_all_as_it_was() -> None:
    with pytest.raises(ValueError, match="no"):
        await aside(fail)
    assert gc.isenabled()


async def test_one_waits_for_the_other() -> None:
    running: list[int] = []
    beside: list[int] = []

    def make() -> None:
        running.append(1)
        time.sleep(0.01)
        beside.append(len(running))
        running.pop()

    await asyncio.gather(*(aside(make) for _ in range(3)))
    assert beside == [1, 1, 1]
