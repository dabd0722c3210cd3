"""The loop of reloads, with a load that a test holds back."""

from __future__ import annotations

import asyncio

import pytest

from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.reloader import Generations
from poecli.errors import BotLoadError
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
