"""Markdown that grows: its top-level blocks, and from where on one may still change.

Asked of complete lines only: on a half-typed one a block is not yet what it will be ("``` a`b"
after a paragraph is first a fence and then more paragraph). Then all blocks but the last are
final, but for what the functions here name. How a block is shown is not known here.
https://spec.commonmark.org/0.31.2/#blocks-and-inlines
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

BLOCKS = MarkdownIt("commonmark", {"html": False}).enable("table").disable("inline")
# A line that has begun like this may become a rule, a heading's line, a fence, a list or a table:
# it is shown once more has come.
UNDECIDED = re.compile(r"[\s\-=*_`~#>+|:]*\Z")
# No title of a link definition goes on behind the beginning of one of these.
_ENDS_A_DEFINITION = {"fence", "table_open", "bullet_list_open", "ordered_list_open"}
_HOLDERS = {"blockquote_open", "bullet_list_open", "ordered_list_open"}
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})")


def top_level(tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens, a list for each block."""
    blocks: list[list[Token]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            blocks.append([])
        blocks[-1].append(token)
    return blocks


def lines_of(token: Token) -> tuple[int, int]:
    """The first line of a block, and the line after its last."""
    assert token.map is not None  # noqa: S101 - every block that opens has one
    start, end = token.map
    return start, end


def is_item(token: Token) -> bool:
    """Whether an item of a list at the top level begins here."""
    return token.level == 1 and token.type == "list_item_open"


def start_of_last(openings: Sequence[Token], text: str) -> int:
    """The line where the last block starts, with link definitions that it may still change.

    A title on the next line belongs to a definition, and may take lines to be seen as one.
    ``openings`` are the first tokens of the blocks of ``text``.
    """
    start = lines_of(openings[-1])[0]
    if openings[-1].type in _ENDS_A_DEFINITION:
        return start
    floor = lines_of(openings[-2])[1] if len(openings) > 1 else 0
    lines = text.split("\n", start)
    while start > floor and lines[start - 1].strip():
        start -= 1
    return start


def may_be_title(openings: Sequence[Token], text: str) -> bool:
    """Whether the last block may yet turn out as the title of a link definition.

    That would belong to the list or quote right above it, in which the definition began.
    """
    if len(openings) == 1 or openings[-2].type not in _HOLDERS:
        return False
    start = lines_of(openings[-1])[0]
    line_above = text.split("\n", start)[start - 1]
    return openings[-1].type == "paragraph_open" and bool(line_above.strip())


def may_be_table(fence: Token) -> bool:
    """Whether the next line may make a fence the head of a table: "``` a | b" above "--|--"."""
    start, end = lines_of(fence)
    return "|" in fence.info and end - start == 1


class FenceMarks:
    """How a fence at the top level began, by its first ``line``: what ends it."""

    def __init__(self, line: str) -> None:
        marker = _FENCE.match(line)
        assert marker is not None, line  # noqa: S101 - the parser found a fence here
        run = marker[2]
        self._indent = len(marker[1])
        self._closing = re.compile(rf" {{0,3}}{re.escape(run[0])}{{{len(run)},}}[ \t]*\Z")

    def are_closed_by(self, line: str) -> bool:
        """Whether a line ends the fence."""
        return self._closing.match(line) is not None

    def strip(self, line: str) -> str:
        """A line of its code without the indentation of the fence itself."""
        return line[min(self._indent, len(line) - len(line.lstrip(" "))) :]
