from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from poecli.terminal.console import Console
from poecli.terminal.markdown import MarkdownStream
from poecli.terminal.tty import echo_off, understands_escapes

if sys.platform != "win32":
    import termios

    from tests import ptys

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

CHILD = """
import sys, termios
from poecli.terminal import tty
def state():
    flags = termios.tcgetattr(0)
    switches = {"echo": flags[3] & termios.ECHO, "lines": flags[3] & termios.ICANON}
    switches |= {"translates": flags[0] & termios.ICRNL, "signals": flags[3] & termios.ISIG}
    return "+".join(name for name, on in switches.items() if on)
before = state()
restore = getattr(tty, sys.argv[1])(sys.stdin)
during = state()
restore()
print(before, during, state(), flush=True)
"""
ALL = "echo+lines+translates+signals"


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """The near end of a pseudo-terminal that is not ours to control."""
    far, near = os.openpty()
    with os.fdopen(near, "r+b", buffering=0) as raw, io.TextIOWrapper(raw) as stream:
        yield stream
    os.close(far)


def echoes(stream: TextIO) -> bool:
    return bool(termios.tcgetattr(stream.fileno())[3] & termios.ECHO)


@pytest.mark.parametrize(
    ("function", "during"), [("echo_off", "lines+translates+signals"), ("lines_off", "signals")]
)
def test_typing_is_hidden_and_shown_again(function: str, during: str) -> None:
    """On the terminal that a program controls, what was switched off comes back."""
    process, far = ptys.start([sys.executable, "-c", CHILD, function])
    said = b""
    while b"\n" not in said:
        said += os.read(far, 1_000)
    process.wait(30)
    os.close(far)
    assert said.decode().split() == [ALL, during, ALL]


def test_a_terminal_of_others_is_left_alone(terminal: TextIO) -> None:
    """In the background, changing the terminal would stop the process; so nothing is changed."""
    restore = echo_off(terminal)
    assert echoes(terminal)
    restore()
    assert echoes(terminal)


def test_no_terminal_is_no_problem() -> None:
    """A pipe or a buffer has no echo."""
    echo_off(io.StringIO())()


def test_escapes_are_understood_here() -> None:
    """Outside of old Windows consoles every terminal obeys them."""
    assert understands_escapes()


def test_a_stream_can_end_without_a_terminal_for_input(terminal: TextIO) -> None:
    """Text is painted to a terminal also when stdin is a pipe."""
    stream = MarkdownStream(Console(io.StringIO(), terminal, terminal, {"TERM": "xterm"}))
    stream.feed("text")
    stream.finish()
