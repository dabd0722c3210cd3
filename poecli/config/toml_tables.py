"""TOML that a person wrote: read, checked, and blamed by file and line.

The values are those that JSON can carry, for most of them end in a request. TOML has more: nan and
inf, dates and times of day. https://toml.io/en/v1.0.0#float
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from poecli.config.toml_lines import KeyPath, lines_of
from poecli.errors import ProjectFileError
from poecli.suggestions import did_you_mean
from poecli.system_errors import unusable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class ValueType:
    """What a value has to be: in words that follow "must be", and as a test.

    ``check`` raises ValueError with what is wrong with a value that fits, or with an item of a
    list; ``example`` is what to write instead.
    """

    words: str
    fits: Callable[[Any], bool]
    check: Callable[[Any], object] | None = None
    example: str = ""


def _is_count(value: Any) -> bool:
    # bool is an int to Python, and no number to a person.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True


TEXT = ValueType("text in quotes", lambda value: isinstance(value, str))
TEXTS = ValueType("a list of text in quotes", _is_texts)
TEXT_OR_TEXTS = ValueType(
    "text in quotes, or a list of them", lambda value: isinstance(value, str) or _is_texts(value)
)
PATTERN = ValueType("a regular expression in quotes", _is_pattern)
NUMBER = ValueType("a number", lambda value: isinstance(value, int) and not isinstance(value, bool))
COUNT = ValueType("a whole number, 0 or more", _is_count)
SECONDS = ValueType(
    "a number of seconds", lambda value: isinstance(value, float) or _is_count(value)
)
YES_OR_NO = ValueType("true or false", lambda value: isinstance(value, bool))
TABLE = ValueType("a table", lambda value: isinstance(value, dict))
COUNTS = ValueType(
    'a table of counts: { "GPT-3.5-Turbo" = 1 }',
    lambda value: isinstance(value, dict) and all(map(_is_count, value.values())),
)


def tables_called(name: str) -> ValueType:
    """The kind of ``[[name]]``."""
    return ValueType(
        f"one or more [[{name}]] tables",
        lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    )


class TomlFile:
    """A file's tables, and the place of what is wrong in them."""

    def __init__(self, path: Path, text: str) -> None:
        """Raises ProjectFileError, with the line, for what is not TOML."""
        self.path = path
        self._text = text
        try:
            self.tables = read_tables(text)
        except (ValueError, RecursionError) as error:
            # The standard library tells the place only in its message, or "at end of document".
            place = re.search(r"\(at line (\d+), column \d+\)", str(error))
            raise ProjectFileError(
                f"{path}:{place[1] if place else len(text.splitlines())} is not valid TOML.",
                why=str(error),
                hint='Put text in quotes: name = "value". See https://toml.io.',
            ) from error

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """A file on disk. Raises ProjectFileError."""
        try:
            return cls(path, path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise unusable(path, "read", error, kind=ProjectFileError) from error

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return lines_of(self._text)

    def line(self, *place: str | int) -> int:
        """The line of a value, or of the innermost table above it that is there."""
        known = (place[:end] for end in range(len(place), 0, -1) if place[:end] in self._lines)
        return self._lines.get(next(known, ()), 1)

    def at(self, *place: str | int) -> str:
        """``FILE:LINE`` of a value."""
        return f"{self.path}:{self.line(*place)}"

    def error(self, place: KeyPath, what: str, hint: str = "") -> ProjectFileError:
        """What is wrong with the value at a place."""
        return ProjectFileError(
            f"{self.at(*place)}: {what}.", why=f"It is {_in_words(place[:-1])}.", hint=hint
        )

    def check(
        self, table: Mapping[str, Any], kinds: Mapping[str, ValueType], *place: str | int
    ) -> None:
        """Raises ProjectFileError for the first key or value that can't be; keys come first."""
        for key, value in table.items():
            if key not in kinds:
                hint = did_you_mean(key, kinds)
                raise self.error((*place, key), f"unknown key {key!r}", hint)
            if not kinds[key].fits(value):
                what = f"{key} must be {kinds[key].words}"
                raise self.error((*place, key), what, _write(kinds[key]))
        for key, value in table.items():
            self._check_value(kinds[key], value, (*place, key))

    def _check_value(self, kind: ValueType, value: Any, place: KeyPath) -> None:
        if kind.check is None:
            return
        try:
            for item in value if isinstance(value, list) else [value]:
                kind.check(item)
        except ValueError as error:
            key, what = str(place[-1]), str(error)
            what = what if key in what else f"{key} can't be used: {what}"
            raise self.error(place, what, _write(kind)) from None


def _write(kind: ValueType) -> str:
    return f"Write {kind.example}." if kind.example else ""


def _in_words(place: KeyPath) -> str:
    """In words: "in [dev.bots]", "in answer 1, event 2"."""
    items = [
        f"{str(name).removesuffix('s')} {number + 1}"
        for name, number in itertools.pairwise(place)
        if isinstance(number, int)
    ]
    if items:
        return f"in {', '.join(items)}"
    return f"in [{'.'.join(map(str, place))}]" if place else "at the top level of the file"


def read_tables(text: str) -> dict[str, Any]:
    """The tables of a text. Raises ValueError with a sentence that ends in the place."""

    def finite(written: str) -> float:
        value = float(written)
        if not math.isfinite(value):
            raise ValueError(f"{written} is not a finite number{_position(text, written)}")
        return value

    tables: dict[str, Any] = tomllib.loads(text, parse_float=finite)
    for value in _values(tables):
        if isinstance(value, (dt.date, dt.time)):
            shown = value.isoformat()
            raise ValueError(  # noqa: TRY004 - of the kind that tomllib raises
                f"{shown} must be in quotes{_position(text, shown)}"
            )
    return tables


def tables_of_a_tool(file: Path) -> dict[str, Any]:
    """What a packaging tool wrote, such as a lock: nothing where it can't be read."""
    try:
        return dict(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):  # tomllib's own error is a ValueError
        return {}


def table_in(tables: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The table at a path, maybe an empty one: nobody has checked what is there."""
    found: Any = tables
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _values(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [inner for item in value for inner in _values(item)]
    return [value]


def _position(text: str, written: str) -> str:
    """Where a value stands that tomllib hands on without its place; the first that reads so."""
    found = re.search(rf"(?<![\w.+-]){re.escape(written)}(?![\w.])", text)
    if found is None:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    return f" (at line {line}, column {column})"
