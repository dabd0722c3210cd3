"""Lines for a person, broken between words: a terminal by itself breaks within them."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

# Where the text of a line begins: behind a first column, or behind blanks.
_MARGIN = re.compile(r"[\s│]*")
_HEAD = re.compile(r"\s*\S.*? {2,}(?=\S)|\s*")
_ROOM = 20  # columns that the text must have beside its head, else it goes on below that
_WORD = re.compile(r"\s*\S+")


def folded(text: str, width: int, hang: int | None = None) -> str:
    """The text in lines no wider than the terminal, but for a word that is: it stays whole.

    A line goes on below the beginning of its text; with ``hang``, that many columns behind its
    margin of blanks and a bar. An address that is broken by the terminal alone is still opened and
    copied as one.
    """
    return "\n".join(row for line in text.split("\n") for row in _rows(line, width, hang))


def _rows(line: str, width: int, hang: int | None) -> list[str]:
    if _columns(line) <= width:
        return [line]
    head = _matched(_MARGIN if hang is not None else _HEAD, line)
    below = head + " " * hang if hang is not None else " " * _indent(line, head, width)
    rows, row = [], head
    for word in _WORD.findall(line[len(head) :]):
        if _columns(row + word) > width and row != head:
            rows.append(row.rstrip())
            row = below + word.lstrip()
        else:
            row += word
    return [*rows, row]


def _indent(line: str, head: str, width: int) -> int:
    indent = _columns(head)
    return indent if width - indent >= _ROOM else len(line) - len(line.lstrip())


def _matched(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.match(line)
    assert found is not None  # noqa: S101 - both match nothing at all, too
    return found[0]


def _columns(text: str) -> int:
    """The cells a text takes, near enough for words: emoji of several characters may take less."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)
