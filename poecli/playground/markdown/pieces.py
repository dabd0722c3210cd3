"""Long lists, tables and paragraphs, cut into pieces.

A browser lays out and paints a piece apart from the others, and one that is not seen not at all;
a list in one piece is gone through whole for each item that is added. Pieces have the class "g",
but for the first of a list or table, which is as it would be without the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

PIECE = 25  # items of a list, rows of a table
LONG = 4_000  # characters of a paragraph
_WORDS = re.compile(rf"[\s\S]{{1,{LONG}}}\S*\s*")
_BOX = Token("box_open", "span", 1, attrs={"class": "g"})
_END_OF_BOX = Token("box_close", "span", -1)
_HOLDERS = {"bullet_list_open", "ordered_list_open", "thead_open", "tbody_open"}


def cut_blocks(tokens: Sequence[Token]) -> Iterator[Token]:
    """Each list, at any depth, as lists of 25 items; each table with a body for 25 rows."""
    open_: list[tuple[Token, int]] = []
    for token in tokens:
        if token.type in _HOLDERS:
            open_.append((token, 0))
        elif token.type in ("list_item_open", "tr_open") and open_:
            holder, count = open_.pop()
            if count and count % PIECE == 0:
                yield _closing(holder)
                yield continued(holder, count)
            open_.append((holder, count + 1))
        elif token.type.replace("_close", "_open") in _HOLDERS:
            open_.pop()
        yield token


def continued(holder: Token, count: int) -> Token:
    """The beginning of the piece that comes after ``count`` items."""
    again = Token(holder.type, holder.tag, 1, level=holder.level, map=holder.map)
    again.attrs = {"class": "g"}
    if holder.tag == "ol":
        again.attrs["start"] = int(holder.attrs.get("start", 1)) + count
    return again


def _closing(holder: Token) -> Token:
    return Token(holder.type.replace("_open", "_close"), holder.tag, -1, level=holder.level)


def cut_text(children: Sequence[Token]) -> Iterator[Token]:
    """The inside of a long paragraph, in boxes of 4,000 characters."""
    size = 0
    yield _BOX
    for token in _in_parts(children):
        yield token
        size += len(token.content)
        if size >= LONG and token.level == 0 and _is_space_after(token):
            yield from (_END_OF_BOX, _BOX)
            size = 0
    yield _END_OF_BOX


def _is_space_after(token: Token) -> bool:
    return token.type == "softbreak" or (token.type == "text" and token.content[-1:].isspace())


def _in_parts(children: Sequence[Token]) -> Iterator[Token]:
    for token in children:
        if token.type != "text" or len(token.content) <= LONG:
            yield token
            continue
        for part in _WORDS.findall(token.content):
            yield Token("text", "", 0, content=part, level=token.level)
