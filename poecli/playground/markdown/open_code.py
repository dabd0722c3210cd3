"""A fence at the top level that has not ended: its code line by line."""

from __future__ import annotations

from typing import Any

from poecli.markdown_blocks import FenceMarks
from poecli.playground.markdown import code


class OpenCode:
    """``line`` is the fence's first one, ``info`` what it names. Its changes are `stream`'s."""

    def __init__(self, line: str, info: str) -> None:
        self._marks = FenceMarks(line)
        self._language = code.language_of(info)
        self._colours = code.LineColours(self._language)
        self._lines: list[str] = []
        self._size = 0
        self._sent: list[str] = []

    @property
    def html(self) -> str:
        """The block without its code."""
        return code.opening(self._language) + code.CLOSING

    @property
    def size(self) -> int:
        """Characters so far."""
        return self._size

    def is_closed_by(self, line: str) -> bool:
        """Whether a line ends the fence."""
        return self._marks.are_closed_by(line)

    def read(self, line: str) -> list[Any]:
        """The change that one more line makes."""
        line = self._marks.strip(line)
        coloured = self._colours.feed(line)
        begins_a_group = len(self._lines) % code.GROUP_LINES == 0
        self._lines.append(line)
        self._size += len(line)
        self._sent.append(coloured)
        return ["F", code.group([coloured])] if begins_a_group else ["a", coloured + "\n"]

    def close(self) -> list[list[Any]]:
        """What is to be coloured otherwise, now that the whole is known."""
        if not self._lines:
            return []
        sent = code.groups(self._sent)
        right = code.groups(code.colour_lines("\n".join(self._lines), self._language))
        pairs = enumerate(zip(sent, right, strict=True))
        return [["P", at, group] for at, (old, group) in pairs if old != group]
