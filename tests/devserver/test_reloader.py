"""The loop of reloads, with a load that a test holds back."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from typing import Any

import pytest

from poecli.dev_events import DevEvent, Reloaded
from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.reloader import Generations
from poecli.devserver.generations.workers import Worker
from poecli.errors import BotLoadError
from poecli.hosting.process.messages import LoadDone
from poecli.waiting import within

LIMIT_SECONDS = 30


async def test_closed_while_a_load_is_thrown_away_it_ends() -> None:
    """Ctrl-C just after two saves: `poe dev` must not wait for ever."""
    loads = 0
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def load(_files: tuple[str, ...]) -> Generation:
        nonlocal loads
        loads += 1
        if loads == 1:
            raise BotLoadError("broken at first")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
            await asyncio.Event().wait()  # it takes its time to end, until it is cancelled again
        raise AssertionError("nothing comes of it")

    generations = Generations(load, lambda _event: None, speculate=True, is_awaited=lambda: False)
    with pytest.raises(BotLoadError):
        await generations.start()
    generations.change(("main.py",))
    await begun.wait()
    generations.change(("main.py",))
    await cancelled.wait()
    await within(generations.close(), LIMIT_SECONDS)
    assert loads == 2


class ProcessStub(Worker):
    """A worker without a process; it dies when a test says so."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.last_output: deque[str] = deque()
        self.exit_status = 1

    async def stop(self, seconds: float = 0) -> None:
        del seconds
        self.gone.set()


def loaded() -> Generation:
    return Generation(ProcessStub(), LoadDone("/nowhere", (), (), (), (), None))


async def test_one_that_dies_before_it_is_current_is_replaced() -> None:
    """Loaded on a guess, it ended while further saves were still waited for."""
    generations_made = [loaded(), loaded(), loaded()]
    _, guess, replacement = generations_made
    replaced = asyncio.Event()

    async def load(_files: tuple[str, ...]) -> Generation:
        generation = generations_made.pop(0)
        if generation is guess:
            generation.worker.gone.set()
        return generation

    def hear(event: DevEvent) -> None:
        if isinstance(event, Reloaded) and generations.current is replacement:
            replaced.set()

    generations = Generations(load, hear, speculate=True)
    await generations.start()
    generations.change(("main.py",))
    try:
        await within(replaced.wait(), LIMIT_SECONDS)
    finally:
        await generations.close()


async def test_a_request_waits_for_a_change_made_during_the_first_load() -> None:
    """It gets what was saved last, as after any other save."""
    old, new = loaded(), loaded()
    begun, may_load = asyncio.Event(), asyncio.Event()

    async def load(_files: tuple[str, ...]) -> Generation:
        if not begun.is_set():
            begun.set()
            await may_load.wait()
            return old
        return new

    generations = Generations(load, lambda _event: None, speculate=False)
    starting = asyncio.create_task(generations.start())
    await begun.wait()
    generations.change(("main.py",))
    may_load.set()
    await starting
    asked = await within(generations.acquire(), LIMIT_SECONDS)
    generations.release(asked)
    await generations.close()
    assert asked is new


async def test_requests_refused_without_a_bot_are_not_kept() -> None:
    """The error is the same for all of them, and must not hold what each one came with."""

    async def load(_files: tuple[str, ...]) -> Generation:
        raise BotLoadError("broken")

    async def depth() -> int:
        with pytest.raises(BotLoadError) as refused:
            await generations.acquire()
        return len(refused.traceback)

    generations = Generations(load, lambda _event: None, speculate=False)
    with pytest.raises(BotLoadError):
        await generations.start()
    depths = [await depth() for _ in range(5)]
    await generations.close()
    assert len(set(depths)) == 1


async def test_closed_just_after_a_broken_save_it_ends_without_a_word() -> None:
    """The error of the load has nobody left to tell it to."""
    failed = asyncio.Event()
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))

    async def load(files: tuple[str, ...]) -> Generation:
        if files:
            failed.set()
        raise BotLoadError("broken")

    generations = Generations(load, lambda _event: None, speculate=True, is_awaited=lambda: False)
    with pytest.raises(BotLoadError):
        await generations.start()
    generations.change(("main.py",))
    await failed.wait()
    await asyncio.sleep(0)  # the loop has seen that load's end
    await generations.close()
    del generations
    await asyncio.sleep(0)  # what was stopped lets go of it
    gc.collect()
    assert said == []
