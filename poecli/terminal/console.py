"""The one object through which a command meets the world of streams.

Data goes to stdout, words to stderr (https://clig.dev). Whether a stream is a terminal, its
colour and its width are asked here and nowhere else; `Console.test()` gives one on buffers.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from poecli.errors import PoeCliError
from poecli.terminal.folding import folded
from poecli.terminal.foreign import clean, no_command

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_C1 = re.compile("[\x7f-\x9f]")
DEFAULT_WIDTH = 80
DEFAULT_HEIGHT = 24
_SIZE_DIGITS = 5  # the system tells a terminal's size in 16 bits


@dataclass
class Console:
    """Streams, and what is known about them."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    env: Mapping[str, str] = field(default_factory=dict)
    json_mode: bool = False
    no_input: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    # What is served goes on where nobody reads the log any more, or its disk is full.
    outlives_readers: bool = field(default=False, init=False)
    # Never shown, whoever says them: an upstream bot may repeat the key it was called with.
    secrets: Sequence[str] = field(default=(), repr=False, init=False)

    @classmethod
    def system(cls) -> Console:
        """The process's own streams, as UTF-8 that never fails; closed ones lead nowhere."""
        _fill_closed_streams()
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                errors = "surrogateescape" if stream is sys.stdin else "replace"
                stream.reconfigure(encoding="utf-8", errors=errors)
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)

    @classmethod
    def test(
        cls, stdin: str = "", *, env: Mapping[str, str] | None = None, **options: bool
    ) -> Console:
        """A console on buffers, with no terminal anywhere."""
        return cls(io.StringIO(stdin), io.StringIO(), io.StringIO(), env or {}, **options)

    # --- what the streams are ---

    @property
    def can_ask(self) -> bool:
        """True when a person is there to answer a question."""
        return not self.no_input and not self.json_mode and self._both_terminals()

    def _both_terminals(self) -> bool:
        return is_terminal(self.stdin) and is_terminal(self.stderr)

    @property
    def stdout_is_terminal(self) -> bool:
        """True when a person reads stdout."""
        return is_terminal(self.stdout)

    @property
    def width(self) -> int:
        """Columns of the terminal behind stdout, 80 when there is none; COLUMNS wins."""
        return self._from_env("COLUMNS") or terminal_size(self.stdout)[0]

    @property
    def stderr_width(self) -> int:
        """Columns for words: stdout may go into a file meanwhile."""
        return self._from_env("COLUMNS") or terminal_size(self.stderr)[0]

    @property
    def height(self) -> int:
        """Rows of the terminal behind stdout, 24 when there is none; LINES wins."""
        return self._from_env("LINES") or terminal_size(self.stdout)[1]

    def _from_env(self, name: str) -> int:
        value = self.env.get(name, "")
        usable = value.isascii() and value.isdigit() and len(value) <= _SIZE_DIGITS
        return int(value) if usable else 0

    def has_color(self, stream: TextIO) -> bool:
        """Whether ``stream`` gets colour: https://no-color.org, https://force-color.org."""
        if self.no_color or self.env.get("NO_COLOR"):
            return False
        if self.env.get("FORCE_COLOR"):
            return True
        return is_terminal(stream) and self.env.get("TERM") != "dumb"

    # --- writing ---

    def data(self, text: str, *, end: str = "\n") -> None:
        """A result, to stdout at once."""
        self._write(self.stdout, text + end)

    def json(self, value: Mapping[str, Any]) -> None:
        """One JSON object on one line of stdout, with the version of its form."""
        self.data(self._masked(_json_line({"v": 1, **value})), end="")

    def say(self, text: str = "", *, style: str = "", end: str = "\n") -> None:
        """Words for a person, to stderr, without control codes; silent with --quiet."""
        self.paint(self.styled(self.folded(clean(text)), style) + end)

    def paint(self, text: str) -> None:
        """Control codes of our own, around what `styled` made, to stderr; silent with --quiet."""
        if not self.quiet:
            self._write(self.stderr, text)

    def warn(self, text: str) -> None:
        """A warning, to stderr, also with --quiet."""
        label, words = "warning:", self._masked(clean(text))
        folded = self.folded(f"{label} {words}").removeprefix(label)
        self._write(self.stderr, f"{self.styled(label, 'yellow')}{folded}\n")

    def styled(self, text: str, style: str, *, stream: TextIO | None = None) -> str:
        """The text in a style ("bold", "red", "bold red" …) where the stream has colour.

        Whatever words a person reads pass here: control codes in them are another's, and go.
        """
        text = self._masked(clean(text))
        codes = [_STYLES[word] for word in style.split()]
        if not codes or not self.has_color(stream or self.stderr):
            return text
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"

    def folded(self, text: str, *, beside: int = 0, hang: int | None = None) -> str:
        """Words broken between them where a person reads them; ``beside`` columns are taken."""
        return folded(text, self.stderr_width - beside, hang) if is_terminal(self.stderr) else text

    def _masked(self, text: str) -> str:
        for secret in self.secrets:
            if secret in text:
                text = text.replace(secret, "****")
        return text

    def show_error(self, error: PoeCliError) -> None:
        """An error in three lines: what happened, why, what to type next; or as JSON."""
        if self.json_mode:
            self._write(self.stderr, self._masked(_json_line(error.as_json())))
            return
        # A name in it may hold line breaks.
        label, words = "error:", " ".join(self._masked(clean(error.message)).splitlines())
        message = self.folded(f"{label} {words}").removeprefix(label)
        lines = [f"{self.styled(label, 'bold red')}{message}\n"]
        for label, text in (("why: ", error.why), ("", error.detail), ("try: ", error.hint)):
            if text:
                shown = self._masked(clean(text))
                if label and text[:1].isupper():  # a traceback and a command stay as they are
                    shown = self.folded(shown, beside=2 + len(label))
                lines.append(_labelled(self.styled(label, "dim"), label, shown))
        self._write(self.stderr, "".join(lines))

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except OSError as error:
            if not self.outlives_readers:
                raise
            if isinstance(error, BrokenPipeError):
                to_nowhere(stream.fileno())


def to_nowhere(*streams: int) -> None:
    """What nobody reads any more. The interpreter flushes it once more at exit, and ends with a
    code of its own where that fails; what is left of it is lost anyway.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _json_line(value: Mapping[str, Any]) -> str:
    """JSON in which no terminal finds an order: JSON itself escapes the codes below 0x20 only."""
    text = json.dumps(value, ensure_ascii=False)
    return _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _labelled(styled_label: str, label: str, text: str) -> str:
    first, *rest = text.splitlines()
    indent = " " * (2 + len(label))
    first = first if label else no_command(first)
    lines = (f"{indent}{no_command(line)}\n" for line in rest)
    return "".join([f"  {styled_label}{first}\n", *lines])


def _fill_closed_streams() -> None:
    """Open what the shell closed (``<&-``): Python has None there, and files opened later would
    take the numbers of the streams.
    """
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            mode = "r" if number == 0 else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def is_terminal(stream: TextIO) -> bool:
    """True for a terminal; False for a file, a pipe, a buffer or a closed stream."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and rows of the terminal behind ``stream``; 80 and 24 without one."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # no terminal, a buffer, closed
        return DEFAULT_WIDTH, DEFAULT_HEIGHT
    # A new pseudo-terminal says 0 until someone sets its size.
    return size.columns or DEFAULT_WIDTH, size.lines or DEFAULT_HEIGHT
