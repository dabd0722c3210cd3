"""An answer on a terminal while it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from poecli.chat.output.live import Screen
from poecli.protocol import events as ev
from poecli.terminal.views import STOPPED
from tests.terminal.screen import FakeTerminal, console_on


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - a screen sends no event
        await asyncio.sleep(0.01)


async def test_it_is_painted_in_the_pauses() -> None:
    """What waits for the next frame appears although nothing more arrives."""
    terminal = FakeTerminal()
    screen = Screen(console_on(terminal))
    async with screen.live():
        screen.event(ev.Text("first "), 0)
        screen.event(ev.Text("second"), 0)
        await asyncio.wait_for(until(lambda: terminal.rows() == ["first second"]), 10)
    assert not terminal.cursor_is_hidden


async def test_a_cancelled_answer_is_kept_and_marked() -> None:
    """Cancelling the task that shows an answer leaves the terminal in order."""
    terminal = FakeTerminal()
    screen = Screen(console_on(terminal))

    async def show() -> None:
        async with screen.live():
            screen.event(ev.Text("a part"), 0)
            await asyncio.Event().wait()

    task = asyncio.ensure_future(show())
    await asyncio.wait_for(until(lambda: bool(terminal.rows())), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert terminal.rows() == ["a part", STOPPED]
    assert not terminal.cursor_is_hidden


async def test_one_cancelled_at_its_end_does_not_go_on() -> None:
    """Ctrl-C, or the end of --timeout, in the moment in which the painting ends."""

    async def show() -> None:
        async with Screen(console_on(FakeTerminal())).live():
            pass
        await asyncio.Event().wait()

    task = asyncio.ensure_future(show())
    await asyncio.sleep(0)  # it waits for the end of the painting
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=10)
    task.cancel()
    assert done
