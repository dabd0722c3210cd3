from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from poecli.errors import KeyMissing, PoeCliError
from poecli.terminal.console import Console, is_terminal, terminal_size
from tests.terminal.screen import FakeTerminal, console_on


def err(console: Console) -> str:
    assert isinstance(console.stderr, io.StringIO)
    return console.stderr.getvalue()


def out(console: Console) -> str:
    assert isinstance(console.stdout, io.StringIO)
    return console.stdout.getvalue()


def test_data_and_words_go_different_ways() -> None:
    """Data is for stdout, words for stderr."""
    console = Console.test()
    console.data("result")
    console.say("working")
    assert (out(console), err(console)) == ("result\n", "working\n")


def test_quiet_hides_words_but_no_warnings() -> None:
    """--quiet leaves data, warnings and errors."""
    console = Console.test(quiet=True)
    console.say("working")
    console.warn("careful")
    assert err(console) == "warning: careful\n"


def test_json_is_one_line_with_a_version() -> None:
    """Every object names the version of its form."""
    console = Console.test()
    console.json({"type": "ready", "text": "ä"})
    assert out(console).count("\n") == 1
    assert json.loads(out(console)) == {"v": 1, "type": "ready", "text": "ä"}


def test_an_error_is_what_why_and_what_next() -> None:
    """Three parts, further lines of one part indented below it."""
    console = Console.test()
    console.show_error(PoeCliError("It broke.", why="Two\nreasons.", hint="poe fix", detail="d"))
    assert err(console).splitlines() == [
        "error: It broke.",
        "  why: Two",
        "       reasons.",
        "  d",
        "  try: poe fix",
    ]


@pytest.mark.parametrize("text", ["a\n::error::b", "a\r\n ::error::b", "::error::b", "\x85::e"])
def test_no_line_of_an_error_is_an_order_to_ci(text: str) -> None:
    """A name with line breaks begins no workflow command."""
    console = Console.test()
    console.show_error(PoeCliError(text, why=text, hint=text, detail=text))
    assert not any(line.lstrip().startswith("::") for line in err(console).splitlines())


def test_an_error_is_an_object_with_json() -> None:
    """--json turns the error into one object on stderr."""
    console = Console.test(json_mode=True)
    console.show_error(KeyMissing("No key.", hint="poe login"))
    shown = json.loads(err(console))
    assert (shown["id"], shown["exit_code"], shown["hint"]) == ("key-missing", 3, "poe login")


@pytest.mark.parametrize(
    ("env", "no_color", "color"),
    [
        ({}, False, True),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, False, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, True, False),
    ],
    ids=["terminal", "dumb", "NO_COLOR", "empty NO_COLOR", "FORCE_COLOR", "both", "--no-color"],
)
def test_colour_on_a_terminal(env: dict[str, str], no_color: bool, color: bool) -> None:
    """Colour follows the conventions of no-color.org and force-color.org."""
    console = console_on(FakeTerminal())
    console.env, console.no_color = env, no_color
    assert console.has_color(console.stdout) is color


def test_no_terminal_no_colour_no_questions() -> None:
    """A pipe gets plain text and is never asked."""
    console = Console.test()
    assert console.styled("x", "bold red") == "x"
    assert not console.can_ask
    assert not console.stdout_is_terminal


def test_styles_are_closed() -> None:
    """What follows a styled text has no style."""
    console = Console.test(env={"FORCE_COLOR": "1"})
    assert console.styled("x", "bold red") == "\x1b[1;31mx\x1b[0m"


@pytest.mark.parametrize(
    ("env", "size"),
    [
        ({}, (80, 24)),
        ({"COLUMNS": "100", "LINES": "9"}, (100, 9)),
        ({"COLUMNS": "wide", "LINES": "-1"}, (80, 24)),
        ({"COLUMNS": "0", "LINES": ""}, (80, 24)),
        ({"COLUMNS": "9" * 20, "LINES": "9" * 5000}, (80, 24)),
    ],
    ids=["none", "set", "nonsense", "zero", "no terminal's"],
)
def test_size_without_a_terminal(env: dict[str, str], size: tuple[int, int]) -> None:
    """The environment decides, else it is 80 by 24."""
    console = Console.test(env=env)
    assert (console.width, console.height) == size


@contextmanager
def terminal_of(rows: int, columns: int) -> Iterator[tuple[TextIO, int]]:
    """A stream to a pseudo-terminal of that size, and the far end of that."""
    import fcntl  # noqa: PLC0415 - not on Windows
    import struct  # noqa: PLC0415 - with it
    import termios  # noqa: PLC0415 - with it

    far, near = os.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with os.fdopen(near, "w") as stream:
        yield stream, far
    os.close(far)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(
    ("rows", "columns", "size"), [(33, 44, (44, 33)), (0, 0, (80, 24))], ids=["set", "new"]
)
def test_size_of_a_terminal(rows: int, columns: int, size: tuple[int, int]) -> None:
    """The size is that of the terminal behind the stream; a size of 0 is not believed."""
    with terminal_of(rows, columns) as (stream, _):
        assert terminal_size(stream) == size


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_words_break_at_the_end_of_their_own_terminal() -> None:
    """Also while data goes into a file, which has no width."""
    with terminal_of(24, 40) as (stream, far):
        Console(io.StringIO(), io.StringIO(), stream, {}).say("word " * 12 + "end")
        shown = ""
        while not shown.endswith("end\r\n"):  # each line is a write of its own
            shown += os.read(far, 1000).decode()
    assert shown.splitlines() == [
        "word word word word word word word word",
        "word word word word end",
    ]


def test_a_closed_stream_is_no_terminal() -> None:
    """Asking a closed stream is no error."""
    stream = io.StringIO()
    stream.close()
    assert not is_terminal(stream)


ORDERS = "a\x1b]52;c;AAAA\x07b\x1b[2Jc\x9b31md\x1b]0;title\x1b\\e"
WORDS = [
    ("say", lambda console: console.say(ORDERS)),
    ("say in a style", lambda console: console.say(ORDERS, style="red")),
    ("warn", lambda console: console.warn(ORDERS)),
    ("an error's message", lambda console: console.show_error(PoeCliError(ORDERS))),
    ("its why", lambda console: console.show_error(PoeCliError("x", why=ORDERS))),
    ("its hint", lambda console: console.show_error(PoeCliError("x", hint=ORDERS))),
    ("its detail", lambda console: console.show_error(PoeCliError("x", detail=ORDERS))),
    ("JSON", lambda console: console.json({"text": ORDERS})),
]


@pytest.mark.parametrize("write", [w[1] for w in WORDS], ids=[w[0] for w in WORDS])
def test_no_word_of_anothers_orders_the_terminal(write: Callable[[Console], None]) -> None:
    """The clipboard, the screen and the title are out of reach for whatever is shown."""
    console = Console.test()
    write(console)
    assert isinstance(console.stdout, io.StringIO)
    assert isinstance(console.stderr, io.StringIO)
    shown = console.stdout.getvalue() + console.stderr.getvalue()
    assert shown.replace("\n", "").isprintable()


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"]


@pytest.mark.skipif(sys.platform == "win32", reason="the syntax is that of POSIX shells")
@pytest.mark.parametrize("closed", CLOSED)
def test_a_stream_that_the_shell_closed_is_no_fault(closed: str) -> None:
    """What would go there goes nowhere."""
    command = f'"{sys.executable}" -m poecli check --explain no-done {closed}'
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0


@pytest.mark.parametrize("write", [w[1] for w in WORDS], ids=[w[0] for w in WORDS])
def test_a_secret_is_never_shown(write: Callable[[Console], None]) -> None:
    """Whoever says it; here it is what the tests above write."""
    console = Console.test()
    console.secrets = ["title", "abcde", "abcd"]
    write(console)
    assert isinstance(console.stdout, io.StringIO)
    assert isinstance(console.stderr, io.StringIO)
    shown = console.stdout.getvalue() + console.stderr.getvalue()
    assert not any(secret in shown for secret in console.secrets)


NOTE = "These are more words than a terminal of forty columns holds, poe"


@pytest.mark.parametrize(
    ("write", "rows"),
    [
        (lambda c: c.say(f"  1  {NOTE}"), ["  1  These are more words than a", "     terminal"]),
        (lambda c: c.warn(NOTE), ["warning: These are more words than a", "terminal"]),
        (
            lambda c: c.show_error(PoeCliError(NOTE)),
            ["error: These are more words than a", "term"],
        ),
        (
            lambda c: c.show_error(PoeCliError("x", why=NOTE)),
            ["error: x", "  why: These are more words than a", "       terminal"],
        ),
        (
            lambda c: c.show_error(PoeCliError("x", hint=f"poe {NOTE}", detail=f"f({NOTE})")),
            ["error: x", f"  f({NOTE})", f"  try: poe {NOTE}"],
        ),
    ],
    ids=["note", "warning", "error", "reason", "a command and a traceback"],
)
def test_words_break_between_words(write: Callable[[Console], None], rows: list[str]) -> None:
    """On a terminal; what is copied or lined up is left to the terminal."""
    terminal = FakeTerminal()
    write(Console(io.StringIO(), terminal, terminal, {"COLUMNS": "40", "NO_COLOR": "1"}))
    shown = "".join(terminal.writes).splitlines()
    assert [line[: len(row)] for line, row in zip(shown, rows, strict=False)] == rows


def test_words_in_a_file_are_left_whole() -> None:
    """Whoever reads it later has a width of their own."""
    console = Console.test(env={"COLUMNS": "40"})
    console.say(NOTE)
    assert err(console) == f"{NOTE}\n"
