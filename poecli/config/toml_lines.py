"""The line of each key and item of a TOML text, which tomllib does not tell.

https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import re
import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KeyPath = tuple[str | int, ...]
"""Keys of tables, and the numbers of items in lists, from 0."""

_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})|"(?:\\.|[^"\\])*"|'[^']*'|'''
    r"""[\[\]{}=,.\n]|[^\s\[\]{}=,."'#]+|(?P<comment>#[^\n]*)""",
    re.DOTALL,
)


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line where each path begins to be written. ``text`` is one that tomllib takes."""
    scanner = _Scanner(text)
    scanner.file()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._lengths: dict[KeyPath, int] = {}  # of the lists that [[headers]] make
        self._tokens: list[tuple[str, int]] = []
        line = 1
        for token in _TOKEN.finditer(text):
            if not token["comment"]:
                self._tokens.append((token[0], line))
            line += token[0].count("\n")
        self._tokens.reverse()

    def file(self) -> None:
        table: KeyPath = ()
        while self._tokens:
            if self._take("\n"):
                continue
            if self._take("["):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        of_list = self._take("[")
        line = self._tokens[-1][1]
        path = self._key(())
        if of_list:
            whole = path[:-1] if isinstance(path[-1], int) else path
            self._lengths[whole] = self._lengths.get(whole, 0) + 1
            path = (*whole, self._lengths[whole] - 1)
            self.lines[path] = line
        while self._take("]"):
            pass
        return path

    def _key(self, table: KeyPath) -> KeyPath:
        """A dotted key; a part that names a list of tables means its last one."""
        path = table
        while True:
            written, line = self._tokens.pop()
            key = tomllib.loads(f"key = {written}")["key"] if written[0] in "\"'" else written
            path = (*path, key)
            self.lines.setdefault(path, line)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
            if not self._take("."):
                return path

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._take("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._take("["):
            number = 0
            while not self._take("]"):
                if not self._take("\n", ","):
                    self.lines.setdefault((*path, number), self._tokens[-1][1])
                    self._value((*path, number))
                    number += 1
        elif self._take("{"):
            while not self._take("}"):
                if not self._take("\n", ","):
                    self._pair(path)
        else:  # a text, or the parts of a number or a date
            while self._tokens and self._tokens[-1][0] not in ("\n", ",", "]", "}"):
                self._tokens.pop()

    def _take(self, *marks: str) -> bool:
        found = bool(self._tokens) and self._tokens[-1][0] in marks
        if found:
            self._tokens.pop()
        return found
