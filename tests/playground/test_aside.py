"""What takes long is made in a thread that leaves the loop its turns."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading

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


async def test_the_collector_rests_until_the_last_of_several_is_done() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        go_on.wait()

    working = asyncio.create_task(aside(first))
    await asyncio.to_thread(begun.wait)
    await aside(lambda: None)
    rested = not gc.isenabled()
    go_on.set()
    await working
    assert rested
    assert gc.isenabled()
