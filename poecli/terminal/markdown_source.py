"""Markdown that arrives in pieces → rows that are final, and rows that may still change.

Each character is parsed a bounded number of times. Of the complete lines all top-level blocks but
the last are final (`markdown_blocks`). Of the last block, what can be final is peeled off: lines
of an open fence, items of a list, rows of a long table. The rest is rendered again with each
frame and never kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from rich.cells import chop_cells
from rich.syntax import Syntax

from poecli.markdown_blocks import (
    BLOCKS,
    UNDECIDED,
    FenceMarks,
    is_item,
    lines_of,
    may_be_table,
    may_be_title,
    start_of_last,
    top_level,
)
from poecli.terminal.markdown_rows import TABLE_ROWS_MEASURED, Rows, find_syntax
from poecli.terminal.math_source import use_math

_CONTEXT_LINES = 32  # of code, to colour the next line by
_TAB = 4

# html stays off: rich.markdown drops what looks like HTML, such as "vector<int>".
_FULL = use_math(MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]))


class Source(Protocol):
    """Text in, rows out. Rows returned by feed() and finish() are final."""

    def feed(self, text: str) -> list[str]:
        """Take more text; the rows that became final by it."""

    def tail(self) -> list[str]:
        """The rows after the final ones, as they look now."""

    def finish(self) -> list[str]:
        """The text has ended; the last rows."""

    def resize(self, width: int) -> None:
        """Render for another width from now on."""


class PlainSource:
    """Text shown as it is (text/plain), folded at the width."""

    def __init__(self, width: int) -> None:
        self._width = max(2, width)
        self._line = ""

    def feed(self, text: str) -> list[str]:
        """Complete lines are final."""
        *lines, self._line = (self._line + text).split("\n")
        return [row for line in lines for row in self._fold(line)]

    def tail(self) -> list[str]:
        """The line without an end, if any."""
        return self._fold(self._line) if self._line else []

    def finish(self) -> list[str]:
        """The last line, if it had no end."""
        rows = self.tail()
        self._line = ""
        return rows

    def resize(self, width: int) -> None:
        """Fold at another width from now on."""
        self._width = max(2, width)

    def _fold(self, line: str) -> list[str]:
        return chop_cells(line.expandtabs(_TAB), self._width) or [""]


@dataclass
class _Fence:
    """An open top-level fence, and what has come of its code."""

    marks: FenceMarks
    syntax: Syntax | None
    context: list[str] = field(default_factory=list)


class MarkdownSource:
    """CommonMark with tables and strikethrough.

    References are resolved by definitions that came before them: a definition at the end can't
    reach a paragraph that has been painted and scrolled away.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._buffer = ""
        self._env: dict[str, Any] = {}
        self._any_rows = False
        self._fence: _Fence | None = None
        self._in_list = False  # the buffer begins with a further item of a list
        self._next_number = 0
        self._table_head = ""  # of a table whose first rows are final
        self._table_widths: list[int] = []

    def feed(self, text: str) -> list[str]:
        """Complete lines decide what is final."""
        self._buffer += text
        rows: list[str] = []
        if "\n" in text:
            while (more := self._step()) is not None:
                rows += more
        return rows

    def tail(self) -> list[str]:
        """The open block, with the half-typed line."""
        complete, _, partial = self._buffer.rpartition("\n")
        if self._fence:
            closing = not partial.strip(" `~")
            return [] if closing else self._code_rows([partial], keep=False)
        text = self._buffer
        if UNDECIDED.match(partial):
            text = complete
        nodes = _parse(self._table_head + text, {**self._env, **_copied_references(self._env)})
        if self._table_head and nodes:
            more = self._rows.table_body(nodes[0], self._table_widths)
            return more + self._document(nodes[1:])
        return self._document(nodes)

    def finish(self) -> list[str]:
        """Everything left, as final."""
        rows = self.feed("\n") if self._buffer and not self._buffer.endswith("\n") else []
        rows += self._final(self._buffer)
        self._buffer = ""
        return rows

    def resize(self, width: int) -> None:
        """Render for another width from now on; a long table keeps its columns."""
        self._rows = self._rows.with_width(width)

    # --- one step towards final ---

    def _step(self) -> list[str] | None:
        """Make something of the complete lines final; None when nothing more can be."""
        end = self._buffer.rfind("\n") + 1
        if not end:
            return None
        if self._fence:
            return self._step_fence(self._fence, end)
        if self._table_head:
            return self._step_table(end)
        return self._step_blocks(end)

    def _step_fence(self, fence: _Fence, end: int) -> list[str]:
        lines = self._buffer[: end - 1].split("\n")
        closed = next((i for i, line in enumerate(lines) if fence.marks.are_closed_by(line)), None)
        code = lines[:closed]
        rows = self._code_rows(code, keep=True)
        if closed is None:
            self._buffer = self._buffer[end:]
        else:
            self._fence = None
            self._buffer = self._after_lines(closed + 1)
        return rows

    def _code_rows(self, lines: list[str], *, keep: bool) -> list[str]:
        fence = self._fence
        assert fence is not None  # noqa: S101 - callers have looked
        code = [fence.marks.strip(line) for line in lines]
        rows = self._rows.code(code, fence.syntax, context=fence.context)
        gap = [""] if rows and self._any_rows and not fence.context else []
        if keep:
            fence.context = [*fence.context, *code][-_CONTEXT_LINES:]
            self._any_rows |= bool(rows)
        return gap + rows

    def _step_table(self, end: int) -> list[str] | None:
        text = self._table_head + self._buffer[:end]
        taken = lines_of(_openings(text)[0])[1] - self._table_head.count("\n")
        if not taken:
            self._table_head = ""
            return []
        table = _parse(text, dict(self._env))[0]
        self._buffer = self._after_lines(taken)
        return self._rows.table_body(table, self._table_widths)

    def _step_blocks(self, end: int) -> list[str] | None:
        openings = _openings(self._buffer[:end])
        if not openings:
            return None
        if may_be_title(openings, self._buffer):
            openings.pop()
        last = openings[-1]
        cut = start_of_last(openings, self._buffer)
        if cut:
            return self._take(cut)
        if last.type.endswith("_list_open"):
            return self._peel_items(last, end)
        if last.type == "fence":
            return self._enter_fence(last)
        if last.type == "table_open":
            return self._freeze_table(last)
        return None

    def _peel_items(self, block: Token, end: int) -> list[str] | None:
        items = [t for t in BLOCKS.parse(self._buffer[:end], {}) if is_item(t)]
        if len(items) < 2:  # noqa: PLR2004 - the last item is open
            return None
        first = self._next_number if self._in_list else int(block.attrs.get("start", 1))
        rows = self._take(lines_of(items[-1])[0])
        self._in_list = True
        self._next_number = first + len(items) - 1
        return rows

    def _enter_fence(self, block: Token) -> list[str] | None:
        if may_be_table(block):
            return None
        line, _, self._buffer = self._buffer.partition("\n")
        self._fence = _Fence(FenceMarks(line), find_syntax(block.info))
        return []

    def _freeze_table(self, block: Token) -> list[str] | None:
        start, end = lines_of(block)
        if end - start - 2 <= TABLE_ROWS_MEASURED:
            return None
        lines = self._buffer.split("\n", 2)
        table = _parse(self._buffer[: self._buffer.rfind("\n") + 1], dict(self._env))[0]
        self._table_widths = self._rows.table_widths(table)
        rows = self._take(end)
        self._table_head = f"{lines[0]}\n{lines[1]}\n"
        return rows

    # --- rows ---

    def _take(self, lines: int) -> list[str]:
        """Make the first lines of the buffer final."""
        rest = self._after_lines(lines)
        taken = self._buffer[: len(self._buffer) - len(rest)]
        self._buffer = rest
        return self._final(taken)

    def _after_lines(self, count: int) -> str:
        return self._buffer.split("\n", count)[count]

    def _final(self, text: str) -> list[str]:
        rows = self._document(_parse(text, self._env))
        self._any_rows |= bool(rows)
        self._in_list = False
        return rows

    def _document(self, nodes: list[SyntaxTreeNode]) -> list[str]:
        """The rows of blocks that follow what is final: after a gap, or as a list's next items."""
        rows: list[str] = []
        for index, node in enumerate(nodes):
            goes_on = self._in_list and index == 0
            block = self._rows.block(node, first_number=self._next_number if goes_on else None)
            if block and (rows or self._any_rows) and not goes_on:
                rows.append("")
            rows += block
        return rows


def render(text: str, rows: Rows) -> list[str]:
    """A whole document at once."""
    return rows.document(_parse(text, {}))


def _parse(text: str, env: dict[str, Any]) -> list[SyntaxTreeNode]:
    return SyntaxTreeNode(_FULL.parse(text, env)).children


def _openings(text: str) -> list[Token]:
    return [block[0] for block in top_level(BLOCKS.parse(text, {}))]


def _copied_references(env: dict[str, Any]) -> dict[str, Any]:
    """So that a half-typed definition, which comes first and would win, is forgotten."""
    return {"references": dict(env.get("references", {}))}
