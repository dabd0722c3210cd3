"""A terminal for tests: pyte, with what scrolls off the top kept."""

from __future__ import annotations

import io

import pyte
from pyte.screens import Char, StaticDefaultDict

from poecli.terminal.console import Console


class _Screen(pyte.Screen):
    def __init__(self, columns: int, lines: int) -> None:
        self.scrollback: list[str] = []
        super().__init__(columns, lines)

    def index(self) -> None:
        if self.cursor.y == self.lines - 1:
            self.scrollback.append(row_text(self.buffer[0]))
        super().index()


def row_text(line: StaticDefaultDict[int, Char]) -> str:
    """A row as text; the cell behind a wide glyph is empty."""
    last = max(line, default=-1)
    return "".join(line[column].data for column in range(last + 1)).rstrip()


class FakeTerminal(io.StringIO):
    """A stream that is a terminal of a size and understands what is written to it."""

    def __init__(self, columns: int = 60, lines: int = 12) -> None:
        super().__init__()
        self.env = {"TERM": "xterm-256color"}
        self._screen = _Screen(columns, lines)
        self._parser = pyte.Stream(self._screen)
        self.writes: list[str] = []
        self.resize(columns, lines)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.writes.append(text)
        # As the terminal driver does on the way out (ONLCR).
        self._parser.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))
        return len(text)

    def resize(self, columns: int, lines: int) -> None:
        self.env.update(COLUMNS=str(columns), LINES=str(lines))
        self._screen.resize(lines, columns)

    def rows(self) -> list[str]:
        """Scrollback and screen, without the empty rows at the end."""
        buffer = self._screen.buffer
        rows = [*self._screen.scrollback, *(row_text(buffer[y]) for y in range(self._screen.lines))]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def cursor_is_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    @property
    def cursor_column(self) -> int:
        return self._screen.cursor.x

    @property
    def bytes_written(self) -> int:
        return sum(len(text.encode()) for text in self.writes)


class FakeClock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def console_on(terminal: FakeTerminal) -> Console:
    """A console whose stdout is the terminal."""
    return Console(io.StringIO(), terminal, terminal, terminal.env)
