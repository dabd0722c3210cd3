"""The two ways an answer reaches a terminal: painted in place, or appended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from poecli.terminal.console import Console
from poecli.terminal.painter import Painter
from poecli.terminal.tty import echo_off, understands_escapes

if TYPE_CHECKING:
    from poecli.terminal.markdown_source import Source

REPLACED = "↻ the bot replaced its answer"
STOPPED = "■ stopped"
_HIDE_CURSOR = "\x1b[?25l"
_SHOW_CURSOR = "\x1b[?25h"
# Terminals known to make a link of OSC 8, by what they put into the environment:
# https://github.com/Alhadis/OSC8-Adoption
_LINKS_IF_SET = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM", "WEZTERM_PANE")
_LINKS_IF_PROGRAM = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "WarpTerminal")
_FIRST_VTE_WITH_LINKS = 5000


class View(Protocol):
    """Where the text of each frame goes. All text is free of control codes by now."""

    def show(self, text: str, *, replace: bool = False) -> None:
        """More text, or text in the place of all before."""

    def finish(self, *, stopped: bool = False) -> None:
        """Show what was held back and go to a new line, with a mark if it is only a part."""

    def close(self) -> None:
        """Leave the terminal as it was found."""


def can_paint(console: Console) -> bool:
    """Whether rows on this terminal can be replaced."""
    dumb = console.env.get("TERM") == "dumb"
    return console.stdout_is_terminal and not dumb and understands_escapes()


def can_link(console: Console) -> bool:
    """Whether OSC 8 hyperlinks work here; tmux and screen may hide or garble them."""
    env = console.env
    if env.get("TMUX") or env.get("TERM", "").startswith(("screen", "tmux")):
        return False
    vte = env.get("VTE_VERSION", "")
    return (
        any(env.get(name) for name in _LINKS_IF_SET)
        or env.get("TERM_PROGRAM") in _LINKS_IF_PROGRAM
        or (vte.isdecimal() and int(vte) >= _FIRST_VTE_WITH_LINKS)
    )


class AppendedView:
    """Text as it comes; marks go to stderr where stdout is for a program."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._any = False
        self._at_line_start = True

    def show(self, text: str, *, replace: bool = False) -> None:
        """More text; a replacement begins on a line of its own, after a mark."""
        if replace and self._any:
            self._mark(REPLACED)
        if text:
            self._console.data(text, end="")
            self._any = True
            self._at_line_start = text.endswith("\n")

    def _mark(self, mark: str) -> None:
        self._end_line()
        if self._console.stdout_is_terminal:
            self._console.data(self._console.styled(mark, "dim", stream=self._console.stdout))
        else:
            self._console.say(mark, style="dim")

    def _end_line(self) -> None:
        if not self._at_line_start:
            self._console.data("")
            self._at_line_start = True

    def finish(self, *, stopped: bool = False) -> None:
        self._end_line()
        if stopped:
            self._mark(STOPPED)

    def close(self) -> None:
        """Nothing was changed."""


class PaintedView:
    """Rows replaced in place on the normal screen. One write for each frame."""

    def __init__(self, console: Console, *, markdown: bool) -> None:
        self._console = console
        self._markdown = markdown
        self._painter = Painter()
        self._size = (console.width, console.height)
        self._source = self._new_source()
        self._restore_echo: Callable[[], None] | None = None

    def _new_source(self) -> Source:
        # Rich, pygments and markdown-it take 0.1 s to import: only where Markdown is painted.
        from poecli.terminal.markdown_rows import Rows  # noqa: PLC0415 - heavy, see above
        from poecli.terminal.markdown_source import (  # noqa: PLC0415 - heavy, see above
            MarkdownSource,
            PlainSource,
        )

        # One column stays free: the cursor behind a full row is treated in many ways.
        width = self._size[0] - 1
        if not self._markdown:
            return PlainSource(width)
        console = self._console
        color = console.has_color(console.stdout)
        return MarkdownSource(Rows(width, color=color, links=can_link(console)))

    def show(self, text: str, *, replace: bool = False) -> None:
        """Feed the text to the source and paint what became of its rows."""
        out = self._begin() + self._follow_resize()
        if replace:
            out += self._start_anew()
        final = self._source.feed(text)
        out += self._painter.paint(final, self._source.tail(), height=self._size[1])
        self._write(out)

    def _begin(self) -> str:
        if self._restore_echo is not None:
            return ""
        self._restore_echo = echo_off(self._console.stdin)
        return _HIDE_CURSOR

    def _follow_resize(self) -> str:
        """Terminals wrap old rows anew in ways of their own, so those are left as they are."""
        # So the open block may be seen twice: its old rows can't be found again to be erased.
        before, self._size = self._size, (self._console.width, self._console.height)
        if self._size[0] != before[0]:
            self._source.resize(self._size[0] - 1)
        elif self._size[1] >= before[1] or self._painter.shrink(self._size[1]):
            return ""
        return self._painter.keep()

    def _start_anew(self) -> str:
        self._source = self._new_source()
        if not self._painter.scrolled:
            self._painter.erase()
            return ""
        down = self._painter.keep()
        self._painter = Painter()
        return f"{down}{self._dim(REPLACED)}\r\n"

    def finish(self, *, stopped: bool = False) -> None:
        """Paint the last rows for good."""
        out = self._follow_resize()
        out += self._painter.paint(self._source.finish(), [], height=self._size[1])
        out += self._painter.keep()
        if stopped:
            out += f"{self._dim(STOPPED)}\r\n"
        self._write(out)

    def close(self) -> None:
        """Show the cursor and echo what is typed."""
        if self._restore_echo is not None:
            restore, self._restore_echo = self._restore_echo, None
            try:
                self._write(_SHOW_CURSOR)
            finally:
                restore()

    def _dim(self, text: str) -> str:
        width = max(1, self._size[0] - 1)
        return self._console.styled(text[:width], "dim", stream=self._console.stdout)

    def _write(self, out: str) -> None:
        if out:
            self._console.data(out, end="")
