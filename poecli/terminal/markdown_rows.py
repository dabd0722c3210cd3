"""Markdown nodes → terminal rows: strings with their styles inside, none wider than the screen.

The rows of a block depend on that block alone, so that a document rendered block by block is the
document rendered at once. Hence, against rich.markdown: markers of ordered items are sized one by
one, items are never spread by blank rows, code has no padding (it is there to be copied), and a
table's columns are measured on its first rows only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import ClassVar

from markdown_it.tree import SyntaxTreeNode
from rich.cells import cell_len, chop_cells
from rich.console import Console as RichConsole
from rich.style import Style
from rich.syntax import Syntax
from rich.text import Text

from poecli.terminal.foreign import clean

TABLE_ROWS_MEASURED = 200
_NARROWEST = 8  # below this, quotes and lists are no longer indented
_TAB = 4
_WIDE_GLYPH = 2
_GAP = "  "  # between the columns of a table
_CODE_THEME = "ansi_dark"  # the terminal's own sixteen colours

_DIM = Style(dim=True)
_BOLD = Style(bold=True)
_CODE = Style(color="cyan")
_BULLET = Style(color="yellow", bold=True)
_LINK = Style(color="blue", underline=True)
_HEADINGS = {"h1": Style(bold=True, underline=True), "h2": Style(bold=True, color="magenta")}
_OTHER_HEADING = Style(bold=True, italic=True)
_INLINE = {"strong": _BOLD, "em": Style(italic=True), "s": Style(strike=True)}
# OSC 8 shows the text and hides the address, so only addresses that a click can't harm with.
_CLICKABLE = re.compile(r"(?:https?://|mailto:)[!-~]{1,2000}\Z")


class Rows:
    """Renders for one width. ``links``: the terminal knows OSC 8 hyperlinks."""

    def __init__(self, width: int, *, color: bool = True, links: bool = False) -> None:
        self.width = max(2, width)
        self._color = color
        self._links = links
        self._link_ids: dict[str, int] = {}
        self._rich = RichConsole(
            file=io.StringIO(),
            width=self.width,
            color_system="standard" if color else None,
            force_terminal=color,
            legacy_windows=False,
            _environ={},
        )

    def with_width(self, width: int) -> Rows:
        """The same for another width."""
        return Rows(width, color=self._color, links=self._links)

    # --- blocks ---

    def document(self, nodes: Sequence[SyntaxTreeNode]) -> list[str]:
        """The rows of whole blocks, with a blank row between each two."""
        return self._stack(nodes, self.width)

    def block(self, node: SyntaxTreeNode, *, first_number: int | None = None) -> list[str]:
        """The rows of one top-level block; ``first_number`` continues an ordered list."""
        if node.type in ("bullet_list", "ordered_list"):
            return self._list(node, self.width, first_number=first_number)
        return self._block(node, self.width)

    def _stack(self, nodes: Sequence[SyntaxTreeNode], width: int, *, tight: str = "") -> list[str]:
        """Blocks below each other; those whose type ends in ``tight`` follow without a gap."""
        rows: list[str] = []
        for node in nodes:
            block = self._block(node, width)
            if rows and block and not (tight and node.type.endswith(tight)):
                rows.append("")
            rows += block
        return rows

    def _block(self, node: SyntaxTreeNode, width: int) -> list[str]:
        render = self._RENDERERS.get(node.type)
        return render(self, node, width) if render else []

    def _paragraph(self, node: SyntaxTreeNode, width: int) -> list[str]:
        return self._wrap(self._inline(node), width)

    def _heading(self, node: SyntaxTreeNode, width: int) -> list[str]:
        return self._wrap(self._inline(node, _HEADINGS.get(node.tag, _OTHER_HEADING)), width)

    def _rule(self, _node: SyntaxTreeNode, width: int) -> list[str]:
        return [self._styled("─" * width, _DIM)]

    def _fence(self, node: SyntaxTreeNode, width: int) -> list[str]:
        content = node.content
        lines = content.removesuffix("\n").split("\n") if content else []
        return self.code(lines, find_syntax(node.info), width=width)

    def _quote(self, node: SyntaxTreeNode, width: int) -> list[str]:
        if width - 2 < _NARROWEST:
            return self._stack(node.children, width)
        bar = self._styled("▌ ", _DIM)
        return [bar + row for row in self._stack(node.children, width - 2)]

    def _list(
        self, node: SyntaxTreeNode, width: int, *, first_number: int | None = None
    ) -> list[str]:
        number = first_number if first_number is not None else int(node.attrs.get("start", 1))
        ordered = node.type == "ordered_list"
        rows: list[str] = []
        for offset, item in enumerate(node.children):
            marker = f"{number + offset}.".rjust(3) + " " if ordered else " • "
            rows += self._item(item, marker, width)
        return rows

    def _item(self, item: SyntaxTreeNode, marker: str, width: int) -> list[str]:
        if width - len(marker) < _NARROWEST:
            return [
                self._styled(marker.strip()[:width], _BULLET),
                *self._stack(item.children, width),
            ]
        rows = self._stack(item.children, width - len(marker), tight="_list") or [""]
        indent = " " * len(marker)
        first = self._styled(marker, _BULLET) + rows[0]
        return [first, *(indent + row if row else "" for row in rows[1:])]

    # --- code ---

    def code(
        self,
        lines: Sequence[str],
        syntax: Syntax | None,
        *,
        width: int = 0,
        context: Sequence[str] = (),
    ) -> list[str]:
        """The rows of code lines, coloured as what follows the lines of ``context``."""
        plain = [clean(line).expandtabs(_TAB) for line in lines]
        texts = self._highlight(plain, syntax, context) if syntax and lines else None
        rows: list[str] = []
        for index, line in enumerate(plain):
            rows += self._fold(texts[index] if texts else Text(line), width or self.width)
        return rows

    def _highlight(
        self, lines: list[str], syntax: Syntax, context: Sequence[str]
    ) -> list[Text] | None:
        if self._rich.color_system is None:
            return None
        before = [clean(line).expandtabs(_TAB) for line in context]
        text = syntax.highlight("\n".join([*before, *lines]))
        coloured = list(text.split("\n", allow_blank=True))[len(before) :][: len(lines)]
        # A lexer may drop or change characters; colours are not worth a changed text.
        return coloured if [line.plain for line in coloured] == lines else None

    def _fold(self, line: Text, width: int) -> list[str]:
        """Cut a line at the width, anywhere: code is not wrapped at words."""
        if cell_len(line.plain) <= width:
            return [self._row(line)]
        offsets, at = [], 0
        for piece in chop_cells(line.plain, width):
            at += len(piece)
            offsets.append(at)
        return [self._row(part) for part in line.divide(offsets[:-1])]

    # --- tables ---

    def _table(self, node: SyntaxTreeNode, width: int) -> list[str]:
        widths = self.table_widths(node, width)
        return self.table_head(node, widths) + self.table_body(node, widths)

    def table_widths(self, node: SyntaxTreeNode, width: int = 0) -> list[int]:
        """The width of each column, from the head and the first rows of the body."""
        rows = _table_rows(node)[: TABLE_ROWS_MEASURED + 1]
        natural = [
            max(1, *(_widest(self._inline(cell)) for cell in column if cell))
            for column in zip_longest(*rows)
        ]
        return _shrink(natural, (width or self.width) - len(_GAP) * (len(natural) - 1))

    def table_head(self, node: SyntaxTreeNode, widths: list[int]) -> list[str]:
        """The head's rows and the line below it."""
        line = _GAP.join("─" * width for width in widths)
        head = self._table_row(_table_rows(node)[0], widths, _BOLD)
        return [*head, self._styled(line[: self.width], _DIM)]

    def table_body(self, node: SyntaxTreeNode, widths: list[int]) -> list[str]:
        return [row for cells in _table_rows(node)[1:] for row in self._table_row(cells, widths)]

    def _table_row(
        self, cells: list[SyntaxTreeNode], widths: list[int], style: Style | None = None
    ) -> list[str]:
        columns = [
            self._inline(cell, style).wrap(self._rich, width, overflow="fold", tab_size=_TAB)
            for cell, width in zip(cells, widths, strict=True)
        ]
        rows = []
        for parts in zip_longest(*columns):
            row = Text()
            for part, cell, width in zip(parts, cells, widths, strict=True):
                row.append_text(_aligned(part or Text(), cell, width))
                row.append(_GAP)
            row.rstrip()
            row.truncate(self.width, overflow="crop")
            rows.append(self._row(row))
        return rows

    # --- text ---

    def _wrap(self, text: Text, width: int) -> list[str]:
        if not text.plain.strip():
            return []
        lines = text.wrap(self._rich, width, overflow="fold", tab_size=_TAB)
        for line in lines:
            line.rstrip()
        return [self._row(line) for line in lines]

    def _inline(self, node: SyntaxTreeNode, style: Style | None = None) -> Text:
        text = Text()
        for child in node.children:
            self._add_inline(text, child, style or Style.null())
        return text

    def _add_inline(self, text: Text, node: SyntaxTreeNode, style: Style) -> None:
        if node.type in ("softbreak", "hardbreak"):
            text.append(" " if node.type == "softbreak" else "\n")
        elif node.type == "code_inline":
            text.append(clean(node.content), style + _CODE)
        elif node.type in ("link", "image"):
            self._add_link(text, node, style)
        elif node.children:
            for child in node.children:
                self._add_inline(text, child, style + _INLINE.get(node.type, Style.null()))
        else:
            # Cleaned again: an entity such as &#13; is a control code only from here on.
            text.append(clean(node.content), style)

    def _add_link(self, text: Text, node: SyntaxTreeNode, style: Style) -> None:
        url = clean(str(node.attrs.get("href") or node.attrs.get("src") or ""))
        safe = self._links and _CLICKABLE.match(url)
        start = len(text)
        if node.type == "image":
            text.append("[image] ", style + _DIM)
        for child in node.children:
            self._add_inline(text, child, style + _LINK)
        if safe:
            text.stylize(Style(link=url), start)
        shown = text.plain[start:]
        if url and not safe and shown not in (url, url.removeprefix("mailto:")):
            text.append(f" ({url})" if shown else url, style + _DIM)

    def _styled(self, text: str, style: Style) -> str:
        return style.render(text, color_system=self._rich._color_system)  # noqa: SLF001 - its public twin is the name only

    def _row(self, text: Text) -> str:
        if not text.spans:
            return text.plain
        parts = []
        for segment in text.render(self._rich):
            style = segment.style or Style.null()
            # Rich gives a link another id with each rendering, which would make its row differ.
            shown = self._styled(segment.text, style.update_link(None) if style.link else style)
            parts.append(self._linked(shown, style.link) if style.link else shown)
        return "".join(parts)

    def _linked(self, shown: str, url: str) -> str:
        link_id = self._link_ids.setdefault(url, len(self._link_ids) + 1)
        return f"\x1b]8;id={link_id};{url}\x1b\\{shown}\x1b]8;;\x1b\\"

    _RENDERERS: ClassVar[dict[str, Callable[[Rows, SyntaxTreeNode, int], list[str]]]] = {
        "paragraph": _paragraph,
        "heading": _heading,
        "hr": _rule,
        "fence": _fence,
        "code_block": _fence,
        "blockquote": _quote,
        "bullet_list": _list,
        "ordered_list": _list,
        "table": _table,
    }


def find_syntax(info: str) -> Syntax | None:
    """The highlighter for the info string of a fence; None for an unknown language."""
    language = info.split(maxsplit=1)[0] if info.strip() else "text"
    lexer = Syntax("", language).lexer
    return Syntax("", lexer, theme=_CODE_THEME) if lexer else None


def _table_rows(table: SyntaxTreeNode) -> list[list[SyntaxTreeNode]]:
    return [row.children for part in table.children for row in part.children]


def _widest(text: Text) -> int:
    return max((cell_len(line) for line in text.plain.expandtabs(_TAB).split("\n")), default=0)


def _shrink(widths: list[int], room: int) -> list[int]:
    """Take from the widest columns until all fit; none below one wide glyph."""
    widths = [max(_WIDE_GLYPH, width) for width in widths]
    while sum(widths) > room and max(widths) > _WIDE_GLYPH:
        widest = max(widths)
        second = max([width for width in widths if width < widest], default=_WIDE_GLYPH)
        columns = [index for index, width in enumerate(widths) if width == widest]
        step = max(1, min(widest - second, (sum(widths) - room) // len(columns)))
        for index in columns:
            widths[index] -= step
    return widths


def _aligned(text: Text, cell: SyntaxTreeNode, width: int) -> Text:
    """A copy of the text, padded on the side that the column's alignment leaves free."""
    text = text.copy()
    text.rstrip()
    room = max(0, width - cell_len(text.plain))
    style = str(cell.attrs.get("style", ""))
    left = room if "right" in style else room // 2 if "center" in style else 0
    text.pad_left(left)
    text.pad_right(room - left)
    return text
