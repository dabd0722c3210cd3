"""Where each key, item and table of a TOML text is written, which tomllib does not tell; and how.

https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field

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
    return _scanned(text).lines


@dataclass
class Layout:
    """Where a text holds what, as offsets.

    ``values`` are from the first to after the last character of each value; ``ends`` is after the
    last pair of a table, or after its header or opening brace; ``braces`` is where a table within
    braces closes. ``dotted`` tells of a table that only dotted keys make in which one they stand.
    """

    values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    ends: dict[KeyPath, int] = field(default_factory=dict)
    braces: dict[KeyPath, int] = field(default_factory=dict)
    dotted: dict[KeyPath, KeyPath] = field(default_factory=dict)


def quoted(text: str) -> str:
    """A text as TOML writes it, in one line; half a surrogate pair can't be written at all."""
    # JSON's escapes are TOML's too; DEL is the one control code that JSON leaves as it is.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def layout_of(text: str) -> Layout:
    """Where to change a text that tomllib takes."""
    return _scanned(text).layout


def _scanned(text: str) -> _Scanner:
    scanner = _Scanner(text)
    scanner.file()
    return scanner


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.layout = Layout()
        self._lengths: dict[KeyPath, int] = {}  # of the lists that [[headers]] make
        self._tokens: list[tuple[str, int, int]] = []
        self._end = 0  # of the token that was taken last
        line = 1
        for token in _TOKEN.finditer(text):
            if not token["comment"]:
                self._tokens.append((token[0], line, token.start()))
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
        self.layout.ends[path] = self._end
        return path

    def _key(self, table: KeyPath) -> KeyPath:
        """A dotted key; a part that names a list of tables means its last one."""
        path = table
        while True:
            line = self._tokens[-1][1]
            written = self._next()
            key = tomllib.loads(f"key = {written}")["key"] if written[0] in "\"'" else written
            path = (*path, key)
            self.lines.setdefault(path, line)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
            if not self._take("."):
                return path

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        for length in range(len(table) + 1, len(path)):
            self.layout.dotted[path[:length]] = table
        self._take("=")
        start = self._tokens[-1][2]
        self._value(path)
        self.layout.values[path] = (start, self._end)
        self.layout.ends[table] = self._end

    def _value(self, path: KeyPath) -> None:
        if self._take("["):
            number = 0
            while not self._take("]"):
                if not self._take("\n", ","):
                    self.lines.setdefault((*path, number), self._tokens[-1][1])
                    self._value((*path, number))
                    number += 1
        elif self._take("{"):
            self.layout.ends[path] = self._end
            while not self._take("}"):
                if not self._take("\n", ","):
                    self._pair(path)
            self.layout.braces[path] = self._end - 1
        else:  # a text, or the parts of a number or a date
            while self._tokens and self._tokens[-1][0] not in ("\n", ",", "]", "}"):
                self._next()

    def _take(self, *marks: str) -> bool:
        found = bool(self._tokens) and self._tokens[-1][0] in marks
        if found:
            self._next()
        return found

    def _next(self) -> str:
        written, _, start = self._tokens.pop()
        self._end = start + len(written)
        return written
