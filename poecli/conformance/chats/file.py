"""A conversation as a test: ``tests/NAME.chat.toml``.

    bot = "my-bot"                       # which one, where the project has several

    [[turn]]
    user = "What is in this file?"
    attachments = ["note.txt"]           # beside this file, or https://…
    parameters = { length = 3 }          # the controls that the user touched

    [turn.expect]
    text.equals = "A note."              # also: contains, not_contains (text or a list), matches
    files.count = 1                      # also: names, content_types (lists, in order)
    suggested_replies = ["More"]
    events.at_most = 20                  # also: kinds (neighbours of one kind count once)
    events.first_within = 5.0            # seconds
    error.type = "user_caused_error"     # also: text, a part of it
    calls = { "GPT-3.5-Turbo" = 1 }      # the bots it calls on the local Poe, and how often

Without ``error`` an answer that ends in an error fails the turn, whatever else is expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from poecli.config.toml_tables import read_tables
from poecli.errors import ProjectFileError
from poecli.suggestions import did_you_mean

SUFFIX = ".chat.toml"


@dataclass(frozen=True)
class TextExpected:
    """What the text holds. ``matches`` is a regular expression, found anywhere."""

    equals: str | None = None
    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    matches: str | None = None


@dataclass(frozen=True)
class FilesExpected:
    """The files of the answer, in order."""

    count: int | None = None
    names: tuple[str, ...] | None = None
    content_types: tuple[str, ...] | None = None


@dataclass(frozen=True)
class EventsExpected:
    """The events of the answer. ``first_within`` is in seconds."""

    kinds: tuple[str, ...] | None = None
    at_most: int | None = None
    first_within: float | None = None


@dataclass(frozen=True)
class ErrorExpected:
    """An ``error`` event ends the answer. ``text`` is a part of its own."""

    type: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Expected:
    """What one answer is held against; None where nothing is asked."""

    text: TextExpected = field(default_factory=TextExpected)
    files: FilesExpected = field(default_factory=FilesExpected)
    suggested_replies: tuple[str, ...] | None = None
    events: EventsExpected = field(default_factory=EventsExpected)
    error: ErrorExpected | None = None
    calls: Mapping[str, int] | None = None


@dataclass(frozen=True)
class ChatTurn:
    """What the user sends, and what is expected of the answer. ``line`` is where it stands."""

    user: str
    attachments: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)
    line: int = 1


@dataclass(frozen=True)
class ChatFile:
    """One file. ``bot`` is None where the project's first is meant."""

    path: Path
    turns: tuple[ChatTurn, ...]
    bot: str | None = None


def find_chat_files(root: Path) -> list[Path]:
    """The files below the ``tests`` folder of a project, sorted."""
    return sorted((root / "tests").rglob(f"*{SUFFIX}"))


def read_chat_file(path: Path) -> ChatFile:
    """Read a file. Raises ProjectFileError with file, line and the offending key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectFileError(f"{path} can't be read.", why=str(error)) from error
    try:
        tables = read_tables(text)
    except ValueError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        where = f"{path}:{place[1] if place else len(text.splitlines())}"
        raise ProjectFileError(f"{where} is not valid TOML.", why=str(error)) from error
    return _Reader(path, text).chat(tables)


class _Kind(NamedTuple):
    """What a value has to be: in words, and as a check."""

    words: str
    fits: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    # bool is an int to Python, and no number to an author.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True


_TEXT = _Kind("text in quotes", _is_text)
_TEXTS = _Kind("a list of texts in quotes", _is_texts)
_TEXT_OR_TEXTS = _Kind(
    "text in quotes, or a list of them", lambda value: _is_text(value) or _is_texts(value)
)
_PATTERN = _Kind("a regular expression in quotes", _is_pattern)
_COUNT = _Kind("a whole number, 0 or more", _is_count)
_SECONDS = _Kind("a number of seconds", lambda value: isinstance(value, float) or _is_count(value))
_TABLE = _Kind("a table", lambda value: isinstance(value, dict))
_COUNTS = _Kind(
    'a table of counts: { "GPT-3.5-Turbo" = 1 }',
    lambda value: isinstance(value, dict) and all(map(_is_count, value.values())),
)
_TURNS = _Kind(
    "one or more [[turn]] tables",
    lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
)

_TOP = {"bot": _TEXT, "turn": _TURNS}
_TURN = {"user": _TEXT, "attachments": _TEXTS, "parameters": _TABLE, "expect": _TABLE}
_EXPECT = {
    "text": _TABLE,
    "files": _TABLE,
    "suggested_replies": _TEXTS,
    "events": _TABLE,
    "error": _TABLE,
    "calls": _COUNTS,
}
_EXPECT_TABLES: dict[str, tuple[type[Any], dict[str, _Kind]]] = {
    "text": (
        TextExpected,
        {
            "equals": _TEXT,
            "contains": _TEXT_OR_TEXTS,
            "not_contains": _TEXT_OR_TEXTS,
            "matches": _PATTERN,
        },
    ),
    "files": (FilesExpected, {"count": _COUNT, "names": _TEXTS, "content_types": _TEXTS}),
    "events": (EventsExpected, {"kinds": _TEXTS, "at_most": _COUNT, "first_within": _SECONDS}),
    "error": (ErrorExpected, {"type": _TEXT, "text": _TEXT}),
}
_MANY = ("contains", "not_contains")


class _Reader:
    """Checks one file's tables and names the line of what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._starts = [
            number
            for number, line in enumerate(self._lines, start=1)
            if re.match(r"^\s*\[\[\s*turn\s*\]\]", line)
        ]

    def chat(self, tables: Mapping[str, Any]) -> ChatFile:
        self._check(tables, _TOP, None)
        turns = tables.get("turn", [])
        if not turns:
            raise self._error(None, "turn", "there is no [[turn]]", 'Write [[turn]], user = "Hi".')
        read = tuple(self._turn(number, turn) for number, turn in enumerate(turns))
        return ChatFile(self._path, read, tables.get("bot"))

    def _turn(self, number: int, table: Mapping[str, Any]) -> ChatTurn:
        self._check(table, _TURN, number)
        if "user" not in table:
            hint = 'Write user = "…": what the user says; "" with an attachment alone.'
            raise self._error(number, "turn", f"turn {number + 1} has no user", hint)
        return ChatTurn(
            user=table["user"],
            attachments=tuple(table.get("attachments", ())),
            parameters=table.get("parameters", {}),
            expected=self._expected(number, table.get("expect", {})),
            line=self._line_of_turn(number),
        )

    def _expected(self, number: int, table: Mapping[str, Any]) -> Expected:
        self._check(table, _EXPECT, number)
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in _EXPECT_TABLES:
                values[key] = tuple(value) if isinstance(value, list) else value
                continue
            kind, keys = _EXPECT_TABLES[key]
            self._check(value, keys, number)
            values[key] = kind(**{name: _frozen(name, item) for name, item in value.items()})
        return Expected(**values)

    def _check(
        self, table: Mapping[str, Any], kinds: Mapping[str, _Kind], turn: int | None
    ) -> None:
        for key, value in table.items():
            if key not in kinds:
                raise self._error(turn, key, f"unknown key {key!r}", did_you_mean(key, kinds))
            if not kinds[key].fits(value):
                hint = _table_hint(key, value) if kinds[key] is _TABLE else ""
                raise self._error(turn, key, f"{key} must be {kinds[key].words}", hint)

    def _error(self, turn: int | None, key: str, what: str, hint: str = "") -> ProjectFileError:
        where = "at the top of the file" if turn is None else f"in turn {turn + 1}"
        line = self._line_of(turn, key)
        return ProjectFileError(
            f"{self._path}:{line}: {what}.", why=f"It stands {where}.", hint=hint
        )

    def _line_of_turn(self, turn: int) -> int:
        # Turns may also be written as one inline list, which has no header of its own.
        return self._starts[turn] if turn < len(self._starts) else 1

    def _line_of(self, turn: int | None, key: str) -> int:
        """The line where a key is set, as far as a look at the text can tell."""
        first = 1 if turn is None else self._line_of_turn(turn)
        after = [start for start in self._starts if start > first] if turn is not None else []
        last = after[0] - 1 if after else len(self._lines)
        wanted = re.compile(rf"""(^|[\s.{{,\[])["']?{re.escape(key)}["']?\s*[.=\]]""")
        for number in range(first, last + 1):
            if wanted.search(self._lines[number - 1]):
                return number
        return first


def _table_hint(key: str, value: Any) -> str:
    """How to write a table's key in one line, for who wrote the value alone."""
    keys = _EXPECT_TABLES.get(key, (None, {}))[1]
    fitting = [name for name, kind in keys.items() if kind.fits(value)]
    return f"Write {key}.{(fitting or [*keys, ''])[0]} = …" if keys else ""


def _frozen(name: str, value: Any) -> Any:
    if name in _MANY and isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value
