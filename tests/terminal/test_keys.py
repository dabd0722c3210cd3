"""Single keys on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from poecli.terminal.console import Console
from poecli.terminal.keys import keys

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is Unix's", allow_module_level=True)
else:
    import termios


async def test_each_key_is_told_at_once() -> None:
    """No line end is needed, an arrow means nothing, and the terminal is as it was afterwards."""
    ours, theirs = os.openpty()
    typed: list[str] = []
    enough = asyncio.Event()

    def on_key(key: str) -> None:
        typed.append(key)
        if len(typed) == 3:
            enough.set()

    with os.fdopen(theirs, "r", closefd=True) as terminal:
        console = Console(terminal, terminal, terminal, {})
        before = termios.tcgetattr(theirs)
        with keys(console, on_key) as can_type:
            assert can_type
            os.write(ours, b"\x1b[A\x1bOPr\x1b[15~sq")
            await asyncio.wait_for(enough.wait(), 20)
        after = termios.tcgetattr(theirs)
    os.close(ours)
    assert typed == ["r", "s", "q"]
    assert before == after


async def test_nobody_types_without_a_terminal() -> None:
    """A pipe or a buffer gives no keys."""
    with keys(Console.test(), lambda _key: None) as can_type:
        assert not can_type
