"""A bot's Markdown, as it arrives → what a page changes, so that it ends as one render would.

An answer is a row of blocks, each one element of the page. Of the text so far all blocks but the
last are final; of the last, what can be final is peeled off: lines of an open fence, rows of a
table, items of a list. What is left is rendered again with each frame while it is short, and
shown as raw text where that would cost more than it shows. Finding out where a block ends by
parsing it again costs as much as rendering it, so each kind has a test of its own.

What a page does are `operations`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

from markdown_it.token import Token

from poecli.markdown_blocks import (
    BLOCKS,
    UNDECIDED,
    is_item,
    lines_of,
    may_be_table,
    may_be_title,
    start_of_last,
    top_level,
)
from poecli.playground.markdown import html
from poecli.playground.markdown.definitions import Definitions
from poecli.playground.markdown.open_code import OpenCode
from poecli.playground.markdown.open_list import OpenList, is_loose
from poecli.playground.markdown.operations import MOST, Operation, Operations, parts
from poecli.playground.markdown.pieces import PIECE
from poecli.playground.markdown.text import Cleaner

OFTEN = 4_000  # characters of an open block that are rendered with each frame
_LONG = 2_000  # characters: their rendering takes some milliseconds
_HEAD_LINES = 2  # of a table, with the delimiter
_GROWTH = 1.25
_ENDS_A_BLOCK = re.compile(r"\n[ \t]*\n(?=[^\s])")


class HtmlStream:
    """`feed` more text, take what a page changes by `frame`, and all that is left by `finish`.

    `feed` may be called while a thread makes a frame; the others one at a time.
    """

    def __init__(self) -> None:
        self._pending: deque[str] = deque()
        self._named: deque[tuple[str, str]] = deque()
        self._cleaner = Cleaner()
        self._buffer = ""
        self._definitions = Definitions()
        self._blocks = 0
        self._code: OpenCode | None = None
        self._table = ""  # head and delimiter of a table that grows
        self._table_source = ""  # and all of it
        self._redo_table = False  # its rows name what was defined after them
        self._rows = 0
        self._list: OpenList | None = None
        self._looked_at = 0  # characters of the open block that were parsed last
        self._rendered = 0  # characters of the open block that were rendered last
        self._raw = 0  # characters of the buffer shown, rendered or raw
        self._operations = Operations()
        self._is_over = False  # nothing can change any more what a block is

    @property
    def is_heavy(self) -> bool:
        """The next frame may take long: it belongs off the event loop."""
        waiting = len(self._buffer) + sum(map(len, tuple(self._pending)))
        closing = (
            self._list.source if self._list else self._table_source if self._redo_table else ""
        )
        return waiting + len(closing) + (self._code.size if self._code else 0) > _LONG

    def feed(self, text: str) -> None:
        """More of the answer."""
        self._pending.append(text)

    def define(self, label: str, url: str) -> None:
        """A file of the answer, for ``![title][label]`` before it and after."""
        self._named.append((label, url))

    def frame(self) -> list[Operation]:
        """What a page changes to show all that has come."""
        if self._pending or self._named:
            self._read_pending()
            self._settle()
            self._show_rest()
        return self._operations.taken()

    def finish(self) -> list[Operation]:
        """The answer is over: the page ends as one render of the whole text would."""
        self._read_pending()
        self._is_over = True
        self._buffer = _ended(self._buffer)
        self._settle()
        if self._code:
            self._close_code(self._code)
        elif self._list:
            self._close_list(self._list, self._buffer)
        elif self._table:
            self._grow_table(self._buffer)
            self._close_table()
        else:
            self._final(self._buffer)
        self._buffer = ""
        return self._operations.taken()

    def _read_pending(self) -> None:
        parts = []
        while self._pending:
            parts.append(self._pending.popleft())
        self._buffer += self._cleaner.feed("".join(parts))
        while self._named:
            self._definitions.define(*self._named.popleft())
            self._redo_table = bool(self._table)
            self._resolve()

    # --- what is final ---

    def _settle(self) -> None:
        """Make final whatever the complete lines allow."""
        while (end := self._buffer.rfind("\n") + 1) and self._step(end):
            pass

    def _step(self, end: int) -> bool:
        if self._code:
            return self._read_code(self._code, end)
        if self._table:
            return self._read_rows(end)
        if not self._worth_parsing(end):
            return False
        if self._list:
            return self._read_items(self._list, end)
        return self._read_blocks(end)

    def _worth_parsing(self, end: int) -> bool:
        """A long block that is still open is looked at again only when much has come, or an end."""
        ended = _ENDS_A_BLOCK.search(self._buffer, max(0, self._looked_at - 2))
        is_small = end < self._looked_at * _GROWTH and not ended
        if self._looked_at > OFTEN and is_small and not self._is_over:
            return False
        self._looked_at = end
        return True

    def _read_blocks(self, end: int) -> bool:
        blocks = top_level(BLOCKS.parse(self._buffer[:end], {}))
        if not blocks:
            return False
        openings = [block[0] for block in blocks]
        if not self._is_over and may_be_title(openings, self._buffer):
            openings.pop()
        cut = start_of_last(openings, self._buffer)
        if cut:
            self._final(self._cut(cut))
            return True
        return len(blocks) == 1 and self._open(blocks[0])

    def _open(self, block: list[Token]) -> bool:
        """Let a block that is all there is so far grow by its children."""
        if block[0].type == "fence":
            return self._open_code(block[0])
        if block[0].type == "table_open":
            return self._open_table(block[0])
        return block[0].type.endswith("_list_open") and self._open_list(block)

    def _cut(self, lines: int) -> str:
        """Take the first lines off the buffer."""
        rest = self._buffer.split("\n", lines)[lines]
        taken = self._buffer[: len(self._buffer) - len(rest)]
        self._begin_with(rest)
        return taken

    def _begin_with(self, rest: str) -> None:
        """What is open is this, of which nothing is shown yet."""
        self._buffer = rest
        self._rendered = self._raw = self._looked_at = 0

    def _final(self, source: str) -> None:
        tokens = html.MARKDOWN.parse(source, self._definitions.env)
        lines = source.splitlines(keepends=True) if "[" in source else []
        for block in top_level(tokens):
            if lines:
                start, end = lines_of(block[0])
                self._definitions.remember("".join(lines[start:end]), self._blocks)
            for element in html.elements_of(block, self._definitions.env):
                self._operations.add("f", element)
                self._blocks += 1
        html.free(tokens)
        self._resolve()

    def _resolve(self) -> None:
        for first, source in self._definitions.resolved():
            for at, element in enumerate(html.blocks_of(source, self._definitions.copy())):
                self._operations.add("p", first + at, element)

    def _grow(self, block: str) -> None:
        self._blocks += 1
        self._operations.add("g", block)

    # --- code ---

    def _open_code(self, block: Token) -> bool:
        if may_be_table(block):
            return False
        self._code = OpenCode(self._cut(1).rstrip("\n"), block.info)
        self._grow(self._code.html)
        return True

    def _read_code(self, block: OpenCode, end: int) -> bool:
        lines = self._buffer[: end - 1].split("\n")
        closed = next((at for at, line in enumerate(lines) if block.is_closed_by(line)), None)
        for line in lines[:closed]:
            kind, more = block.read(line)
            if kind == "a":
                self._operations.add_to_child(more)
            else:
                self._operations.add(kind, more)
        if closed is None:
            self._begin_with(self._buffer[end:])
        else:
            self._cut(closed + 1)
            self._close_code(block)
        return True

    def _close_code(self, block: OpenCode) -> None:
        self._code = None
        for operation in block.close():
            self._operations.add(*operation)
        self._operations.add("x")

    # --- tables ---

    def _open_table(self, block: Token) -> bool:
        if lines_of(block)[1] <= _HEAD_LINES:
            return False
        self._table = self._table_source = self._cut(_HEAD_LINES)
        opening = html.blocks_of(self._table, self._definitions.copy())[0]
        self._grow(opening)
        self._rows = 0
        return True

    def _read_rows(self, end: int) -> bool:
        first = BLOCKS.parse(self._table + self._buffer[:end], {})[0]
        taken = lines_of(first)[1] - _HEAD_LINES
        if taken:
            self._grow_table(self._cut(taken))
        else:
            self._close_table()
            self._begin_with(self._buffer)
        return True

    def _grow_table(self, rows: str) -> None:
        if rows.strip():
            self._table_source += rows
            block = html.blocks_of(self._table + rows, self._definitions.copy())[0]
            for row in re.findall(r"<tr>.*?</tr>", block.split("<tbody>", 1)[-1], re.DOTALL):
                self._add_row(row)

    def _add_row(self, row: str) -> None:
        if self._rows % PIECE:
            self._operations.add_to_child(row)
        else:
            kind = ' class="g"' if self._rows else ""
            self._operations.add("F", f"<tbody{kind}>{row}</tbody>")
        self._rows += 1

    def _close_table(self) -> None:
        self._table = ""
        self._operations.add("x")
        if self._redo_table:
            env = self._definitions.copy()
            self._operations.add("p", self._blocks - 1, html.blocks_of(self._table_source, env)[0])
        self._redo_table = False
        self._definitions.remember(self._table_source, self._blocks - 1)

    # --- lists ---

    def _open_list(self, block: list[Token]) -> bool:
        items = [lines_of(token)[0] for token in block if is_item(token)]
        if len(items) < 2:  # noqa: PLR2004 - the last item is open
            return False
        self._list = OpenList(block, self._definitions, self._blocks)
        source = self._cut(items[-1])
        self._take(self._list, source, self._list.parse(source))
        return True

    def _read_items(self, block: OpenList, end: int) -> bool:
        first, *more = top_level(block.parse(self._buffer[:end]))
        if not block.goes_on_with(first):
            self._close_list(block, "")
            self._begin_with(self._buffer)
            return True
        if more:
            openings = [first[0], more[0][0]]
            if len(more) == 1 and not self._is_over and may_be_title(openings, self._buffer):
                return False
            self._close_list(block, self._cut(start_of_last(openings, self._buffer)))
            return True
        items = [at for at, token in enumerate(first) if is_item(token)]
        if len(items) < 2:  # noqa: PLR2004 - the last item is open
            return False
        if is_loose(first) and not block.loose:
            block.loosen()
            self._send_again(block)
        self._take(block, self._cut(lines_of(first[items[-1]])[0]), first[: items[-1]])
        return False  # what is left is that item

    def _take(self, block: OpenList, source: str, tokens: Sequence[Token]) -> None:
        count = len(block.sent)
        for item in block.take(source, tokens):
            piece = block.piece_at(count)
            if piece:
                self._operations.add("x")
                self._grow(piece)
            self._operations.add("F", item)
            count += 1

    def _send_again(self, block: OpenList) -> None:
        *whole, _ = block.html
        for at, piece in enumerate(whole):
            self._operations.add("p", block.first + at, piece)
        start = len(whole) * PIECE
        self._operations.add("g", block.piece_at(start))
        for item in block.sent[start:]:
            self._operations.add("F", item)

    def _close_list(self, block: OpenList, rest: str) -> None:
        """The whole list once more: what its last lines decide of the first ones is right now."""
        self._list = None
        if rest:
            self._take(block, rest, block.parse(rest))
        self._operations.add("x")
        right = html.blocks_of(block.source, self._definitions.env)
        for at, (old, new) in enumerate(zip(block.html, right, strict=True)):
            if old != new:
                self._operations.add("p", block.first + at, new)
        self._definitions.remember(block.source, block.first)
        self._resolve()

    # --- what may still change ---

    def _show_rest(self) -> None:
        complete, _, partial = self._buffer.rpartition("\n")
        if self._code:
            if partial.strip(" `~"):
                self._show_raw()
            return
        text = complete if UNDECIDED.match(partial) else self._buffer
        if not text.strip():
            return
        if self._rendered and len(text) > OFTEN and not self._worth_rendering(text):
            self._show_raw()
            return
        self._rendered = len(text)
        if self._table:
            return
        if self._list:
            kind, shown = "O", "".join(self._list.items(self._list.parse(text)))
        else:
            kind, shown = "o", "".join(html.blocks_of(text, self._definitions.copy()))
        if len(shown) > MOST:
            self._show_raw()
            return
        self._raw = len(text)
        self._operations.add(kind, shown)

    def _worth_rendering(self, text: str) -> bool:
        return self._rendered * _GROWTH <= len(text) <= MOST

    def _show_raw(self) -> None:
        for part in parts(self._buffer[self._raw :]):
            self._operations.add("t", part)
        self._raw = len(self._buffer)


def render(text: str) -> list[str]:
    """A whole answer at once: the HTML of each block, every definition known from the start."""
    return html.blocks_of(_ended(Cleaner().feed(text)), {})


def _ended(text: str) -> str:
    """With the end of its last line."""
    return text + "\n" if text and not text.endswith("\n") else text
