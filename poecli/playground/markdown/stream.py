"""A bot's Markdown, as it arrives → what a page changes, so that it ends as one render would.

An answer is a row of blocks, each one element of the page. Of the text so far all blocks but the
last are final; of the last, what can be final is peeled off: lines of an open fence, rows of a
table, items of a list. What is left is rendered again with each frame while it is short, and
shown as raw text where that would cost more than it shows. Finding out where a block ends by
parsing it again costs as much as rendering it, so each kind has a test of its own.

What a page does is an operation, a short list that JSON carries:

    ["f", html]      a final block; it takes the place of the open ones
    ["o", html]      the open blocks as they look now
    ["g", html]      an open block that grows by children
    ["F", html]      a final child of the growing block, in place of its open ones
    ["O", html]      its open children
    ["a", html]      more, at the end of the growing block's last child
    ["t", text]      raw text behind all that; every other operation but "p" removes what there is
    ["x"]            the growing block is final as it stands, but for its open child
    ["p", n, html]   block n anew
    ["P", n, html]   child n of the growing block anew
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

from poecli.playground.markdown import code, html
from poecli.playground.markdown.text import Cleaner

Operation = list[Any]

OFTEN = 4_000  # characters of an open block that are rendered with each frame
MOST = 16_000  # and those beyond which it stays raw text until it ends
_GROWTH = 1.25
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})")
_LABEL = re.compile(r"\[([^\[\]]{1,999})\]")
# It may become a rule, a heading's line, a fence, a list or a table: shown once more has come.
_UNDECIDED = re.compile(r"[\s\-=*_`~#>+|:]*\Z")
_ENDS_A_BLOCK = re.compile(r"\n[ \t]*\n(?=[^\s])")


@dataclass
class _OpenFence:
    """An open fence at the top level."""

    indent: int
    closing: re.Pattern[str]
    language: str
    colours: code.LineColours
    lines: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, line: str, info: str) -> _OpenFence:
        marker = _FENCE.match(line)
        assert marker is not None, line  # noqa: S101 - the parser found a fence here
        run = marker[2]
        closing = re.compile(rf" {{0,3}}{re.escape(run[0])}{{{len(run)},}}[ \t]*\Z")
        language = code.language_of(info)
        return cls(len(marker[1]), closing, language, code.LineColours(language))

    def strip(self, line: str) -> str:
        """Without the indentation of the fence itself."""
        return line[min(self.indent, len(line) - len(line.lstrip(" "))) :]


@dataclass
class _OpenList:
    """A list whose first items are final, unless it turns out loose."""

    opening: str
    closing: str
    loose: bool
    source: str = ""
    sent: list[str] = field(default_factory=list)


class HtmlStream:
    """`feed` more text, take what a page changes by `frame`, and all that is left by `finish`."""

    def __init__(self) -> None:
        self._cleaner = Cleaner()
        self._buffer = ""
        self._env: dict[str, Any] = {"references": {}}
        self._blocks = 0
        self._waiting_for: dict[str, dict[int, str]] = {}  # labels not defined yet: sources
        self._fence: _OpenFence | None = None
        self._table = ""  # head and delimiter of a table that grows
        self._list: _OpenList | None = None
        self._looked_at = 0  # characters of the open block that were parsed last
        self._rendered = 0  # characters of the open block that were rendered last
        self._raw = 0  # characters of the buffer shown, rendered or raw
        self._operations: list[Operation] = []
        self._fresh = False

    @property
    def is_heavy(self) -> bool:
        """The next frame may take long: it belongs off the event loop."""
        source = self._list.source if self._list else ""
        lines = len(self._fence.lines) if self._fence else 0
        return len(self._buffer) > MOST or len(source) > MOST or lines > 8 * code.GROUP_LINES

    def feed(self, text: str) -> None:
        """More of the answer."""
        self._buffer += self._cleaner.feed(text)
        self._fresh = True

    def frame(self) -> list[Operation]:
        """What a page changes to show all that has come."""
        if self._fresh:
            self._fresh = False
            self._settle()
            self._show_rest()
        return self._taken()

    def finish(self) -> list[Operation]:
        """The answer is over: the page ends as one render of the whole text would."""
        self._buffer = _ended(self._buffer)
        self._settle()
        if self._fence:
            self._close_fence(self._fence)
        if self._list:
            self._close_list(self._list, self._buffer)
        elif self._table:
            self._grow_table(self._buffer)
            self._table = ""
            self._add("x")
        else:
            self._final(self._buffer)
        self._buffer = ""
        return self._taken()

    def _taken(self) -> list[Operation]:
        taken, self._operations = self._operations, []
        return taken

    def _add(self, *operation: object) -> None:
        self._operations.append(list(operation))

    # --- what is final ---

    def _settle(self) -> None:
        """Make final whatever the complete lines allow."""
        while (end := self._buffer.rfind("\n") + 1) and self._step(end):
            self._rendered = self._raw = self._looked_at = 0

    def _step(self, end: int) -> bool:
        if self._fence:
            return self._read_code(self._fence, end)
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
        if self._looked_at > OFTEN and end < self._looked_at * _GROWTH and not ended:
            return False
        self._looked_at = end
        return True

    def _read_code(self, fence: _OpenFence, end: int) -> bool:
        lines = self._buffer[: end - 1].split("\n")
        closed = next((at for at, line in enumerate(lines) if fence.closing.match(line)), None)
        for line in lines[:closed]:
            self._code_line(fence, fence.strip(line))
        if closed is None:
            self._buffer = self._buffer[end:]
            return True
        self._cut(closed + 1)
        self._close_fence(fence)
        return True

    def _code_line(self, fence: _OpenFence, line: str) -> None:
        coloured = fence.colours.feed(line)
        if len(fence.lines) % code.GROUP_LINES == 0:
            self._add("F", code.group([coloured]))
        elif self._operations and self._operations[-1][0] == "a":
            self._operations[-1][1] += coloured + "\n"
        else:
            self._add("a", coloured + "\n")
        fence.lines.append(line)
        fence.sent.append(coloured)

    def _close_fence(self, fence: _OpenFence) -> None:
        final = code.groups(code.colour_lines("\n".join(fence.lines), fence.language))
        if fence.lines:
            for at, (sent, right) in enumerate(zip(code.groups(fence.sent), final, strict=True)):
                if sent != right:
                    self._add("P", at, right)
        self._fence = None
        self._add("x")

    def _read_rows(self, end: int) -> bool:
        text = self._table + self._buffer[:end]
        taken = _lines(_top_level(text)[0])[1] - self._table.count("\n")
        if taken:
            self._grow_table(self._cut(taken))
            return True
        self._table = ""
        self._add("x")
        return True

    def _grow_table(self, rows: str) -> None:
        if not rows.strip():
            return
        block = html.blocks_of(self._table + rows, self._env)[0]
        for row in re.findall(r"<tr>.*?</tr>", block.split("<tbody>", 1)[-1], re.DOTALL):
            self._add("F", row)

    def _read_items(self, block: _OpenList, end: int) -> bool:
        tokens = html.BLOCKS.parse(self._buffer[:end], {})
        first, *more = html.top_level(tokens)
        if not _goes_on(first, block):
            self._close_list(block, "")
            return True
        if more:
            self._close_list(block, self._cut(self._start_of([first[0], more[0][0]])))
            return True
        items = [_lines(token)[0] for token in first if _is_item(token)]
        if len(items) < 2:  # noqa: PLR2004 - the last item is open
            return False
        self._take_items(block, items[-1], first)
        return True

    def _take_items(self, block: _OpenList, cut: int, tokens: list[Token]) -> None:
        taken = self._cut(cut)
        block.source += taken
        if not block.loose and _is_loose(tokens):
            block.loose = True
            self._regrow(block)
            return
        self._send_items(block, taken)

    def _send_items(self, block: _OpenList, source: str) -> None:
        for item in self._items(block, source):
            self._add("F", item)
            block.sent.append(item)

    def _items(self, block: _OpenList, source: str) -> list[str]:
        """The HTML of each item, tight or loose as the whole list is."""
        tokens = html.MARKDOWN.parse(source, self._speculative())
        for token in tokens:
            if token.level == 2 and token.type.startswith("paragraph"):  # noqa: PLR2004 - an item's own
                token.hidden = not block.loose
        found: list[list[Token]] = []
        for token in tokens:
            if token.level == 0:
                continue
            if _is_item(token):
                found.append([])
            found[-1].append(token)
        return [html.html_of(item, self._env) for item in found]

    def _regrow(self, block: _OpenList) -> None:
        self._add("g", block.opening + block.closing)
        block.sent = []
        self._send_items(block, block.source)

    def _close_list(self, block: _OpenList, rest: str) -> None:
        """The whole list once more: what its last lines decide of the first ones is right now."""
        self._list = None
        if rest:
            self._send_items(block, rest)
        self._add("x")
        known = set(self._env["references"])
        source = block.source + rest
        right = html.blocks_of(source, self._env)[0]
        if right != block.opening + "".join(block.sent) + block.closing:
            self._add("p", self._blocks - 1, right)
        self._remember(source, self._blocks - 1)
        self._resolve(set(self._env["references"]) - known)

    def _read_blocks(self, end: int) -> bool:
        blocks = _top_level(self._buffer[:end])
        if not blocks:
            return False
        last = blocks[-1]
        cut = self._start_of(blocks)
        if cut:
            self._final(self._cut(cut))
            return True
        if last.type == "fence":
            return self._open_fence(last)
        if last.type == "table_open":
            return self._open_table()
        if last.type.endswith("_list_open"):
            return self._open_list(last, end)
        return False

    def _start_of(self, blocks: list[Token]) -> int:
        """The line where the last block starts, with link definitions that it may still change."""
        start = _lines(blocks[-1])[0]
        floor = _lines(blocks[-2])[1] if len(blocks) > 1 else 0
        lines = self._buffer.split("\n", start)
        while start > floor and lines[start - 1].strip():
            start -= 1
        return start

    def _open_fence(self, block: Token) -> bool:
        line, _, self._buffer = self._buffer.partition("\n")
        self._fence = _OpenFence.of(line, block.info)
        self._grow(code.opening(self._fence.language) + code.CLOSING)
        return True

    def _open_table(self) -> bool:
        head, delimiter, rest = self._buffer.split("\n", 2)
        if not rest.strip():
            return False
        self._table, self._buffer = f"{head}\n{delimiter}\n", rest
        opening = html.blocks_of(self._table, self._env)[0]
        self._grow(opening.replace("</table>", "<tbody></tbody></table>"))
        return True

    def _open_list(self, block: Token, end: int) -> bool:
        tokens = html.BLOCKS.parse(self._buffer[:end], {})
        items = [_lines(token)[0] for token in tokens if _is_item(token)]
        if len(items) < 2:  # noqa: PLR2004 - the last item is open
            return False
        closing = f"</{block.tag}>"
        opening = html.html_of([block], self._env)
        self._list = _OpenList(opening, closing, loose=_is_loose(tokens))
        self._grow(opening + closing)
        self._take_items(self._list, items[-1], tokens)
        return True

    def _grow(self, opening: str) -> None:
        self._blocks += 1
        self._add("g", opening)

    def _cut(self, lines: int) -> str:
        """Take the first lines off the buffer."""
        rest = self._after_lines(lines)
        taken = self._buffer[: len(self._buffer) - len(rest)]
        self._buffer = rest
        return taken

    def _after_lines(self, count: int) -> str:
        return self._buffer.split("\n", count)[count]

    def _final(self, source: str) -> None:
        known = set(self._env["references"])
        tokens = html.MARKDOWN.parse(source, self._env)
        lines = source.splitlines(keepends=True) if "[" in source else []
        for block in html.top_level(tokens):
            if lines:
                start, end = _lines(block[0])
                self._remember("".join(lines[start:end]), self._blocks)
            self._add("f", html.html_of(block, self._env))
            self._blocks += 1
        self._resolve(set(self._env["references"]) - known)

    # --- links whose definition comes later ---

    def _remember(self, source: str, number: int) -> None:
        for label in {normalizeReference(label) for label in _LABEL.findall(source)}:
            if label not in self._env["references"]:
                self._waiting_for.setdefault(label, {})[number] = source

    def _resolve(self, labels: set[str]) -> None:
        again: dict[int, str] = {}
        for label in labels:
            again.update(self._waiting_for.pop(label, {}))
        for number, source in sorted(again.items()):
            self._add("p", number, "".join(html.blocks_of(source, self._speculative())[:1]))

    def _speculative(self) -> dict[str, Any]:
        """Definitions so far; what is read with them defines nothing for good."""
        return {"references": dict(self._env["references"])}

    # --- what may still change ---

    def _show_rest(self) -> None:
        complete, _, partial = self._buffer.rpartition("\n")
        if self._fence:
            if partial.strip(" `~"):
                self._show_raw()
            return
        text = complete if _UNDECIDED.match(partial) else self._buffer
        if not text.strip():
            return
        if (
            self._rendered
            and len(text) > OFTEN
            and (len(text) > MOST or len(text) < self._rendered * _GROWTH)
        ):
            self._show_raw()
            return
        self._rendered = self._raw = len(text)
        if self._table:
            return
        if self._list:
            self._add("O", "".join(self._items(self._list, text)))
        else:
            blocks = html.blocks_of(text, self._speculative())
            self._add("o", "".join(blocks))

    def _show_raw(self) -> None:
        if len(self._buffer) > self._raw:
            self._add("t", self._buffer[self._raw :])
            self._raw = len(self._buffer)


def render(text: str) -> list[str]:
    """A whole answer at once: the HTML of each block, every definition known from the start."""
    return html.blocks_of(_ended(Cleaner().feed(text)), {})


def _ended(text: str) -> str:
    """With the end of its last line."""
    return text + "\n" if text and not text.endswith("\n") else text


def _top_level(text: str) -> list[Token]:
    return [block[0] for block in html.top_level(html.BLOCKS.parse(text, {}))]


def _goes_on(tokens: list[Token], block: _OpenList) -> bool:
    opening = tokens[0]
    return opening.type.endswith("_list_open") and block.closing == f"</{opening.tag}>"


def _is_item(token: Token) -> bool:
    return token.level == 1 and token.type == "list_item_open"


def _is_loose(tokens: list[Token]) -> bool:
    """Looseness shows in the items' own paragraphs."""
    return any(
        token.level == 2 and token.type == "paragraph_open" and not token.hidden  # noqa: PLR2004 - an item's own
        for token in tokens
    )


def _lines(token: Token) -> tuple[int, int]:
    assert token.map is not None  # noqa: S101 - every block that opens has one
    start, end = token.map
    return start, end
