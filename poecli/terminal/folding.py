"""Lines for a person, broken between words: a terminal by itself breaks within them."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

# Where the text of a line begins: behind a first column, or behind blanks.
_HEAD = re.compile(r"\s*\S.*? {2,}(?=\S)|\s*")
_ROOM = 20  # columns that the text must have beside its head, else it goes on below that
_WORD = re.compile(r"\s*\S+")


def folded(text: str, width: int) -> str:
    """The text in lines no wider than the terminal, but for a word that is: it stays whole.

    A line goes on below the beginning of its text. An address that is broken by the terminal alone
    is still opened and copied as one.
    """
    return "\n".join(row for line in text.split("\n") for row in _rows(line, width))


def _rows(line: str, width: int) -> list[str]:
    if _columns(line) <= width:
        return [line]
    head = _HEAD.match(line)
    assert head is not None  # noqa: S101 - it matches nothing at all, too
    indent = _columns(head[0])
    if width - indent < _ROOM:
        indent = len(line) - len(line.lstrip())
    rows, row = [], head[0]
    for word in _WORD.findall(line[head.end() :]):
        if _columns(row + word) > width and row != head[0]:
            rows.append(row.rstrip())
            row = " " * indent + word.lstrip()
        else:
            row += word
    return [*rows, row]


def _columns(text: str) -> int:
    """The cells a text takes, near enough for words: emoji of several characters may take less."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)
