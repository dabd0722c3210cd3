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

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from poecli.addresses import is_web_address
from poecli.config.toml_lines import KeyPath
from poecli.config.toml_tables import (
    COUNT,
    COUNTS,
    PATTERN,
    SECONDS,
    TABLE,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    TomlFile,
    ValueType,
    tables_called,
)
from poecli.turns.chat_toml import SUFFIX, TESTS


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
    return sorted((root / TESTS).rglob(f"*{SUFFIX}"))


def read_chat_file(path: Path) -> ChatFile:
    """Read a file. Raises ProjectFileError with file, line and the offending key."""
    file = TomlFile.read(path)
    file.check(file.tables, _TOP)
    turns = file.tables.get("turn", [])
    if not turns:
        raise file.error(("turn",), "there is no [[turn]]", 'Write [[turn]], user = "Hi".')
    read = tuple(_turn(file, number, turn) for number, turn in enumerate(turns))
    return ChatFile(path, read, file.tables.get("bot"))


def _turn(file: TomlFile, number: int, table: Mapping[str, Any]) -> ChatTurn:
    place = ("turn", number)
    file.check(table, _TURN, *place)
    if "user" not in table:
        hint = 'Write user = "…": what the user says, or "" with only an attachment.'
        raise file.error((*place, "user"), f"turn {number + 1} has no user", hint)
    for source in table.get("attachments", ()):
        if not is_web_address(source) and not (file.path.parent / source).is_file():
            hint = f"Paths go from {file.path.parent}, the folder of this file."
            raise file.error((*place, "attachments"), f"{source!r} is not a file", hint)
    return ChatTurn(
        user=table["user"],
        attachments=tuple(table.get("attachments", ())),
        parameters=table.get("parameters", {}),
        expected=_expected(file, (*place, "expect"), table.get("expect", {})),
        line=file.line(*place),
    )


def _expected(file: TomlFile, place: KeyPath, table: Mapping[str, Any]) -> Expected:
    file.check(table, _EXPECT, *place)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _EXPECT_TABLES:
            values[key] = tuple(value) if isinstance(value, list) else value
            continue
        kind, keys = _EXPECT_TABLES[key]
        file.check(value, keys, *place, key)
        values[key] = kind(**{name: _frozen(name, item) for name, item in value.items()})
    return Expected(**values)


def _frozen(name: str, value: Any) -> Any:
    if name in ("contains", "not_contains") and isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


_TOP = {"bot": TEXT, "turn": tables_called("turn")}
_TURN = {"user": TEXT, "attachments": TEXTS, "parameters": TABLE, "expect": TABLE}
_EXPECT = {
    "text": replace(TABLE, example="text.equals = …"),
    "files": replace(TABLE, example="files.count = …"),
    "suggested_replies": TEXTS,
    "events": replace(TABLE, example="events.kinds = …"),
    "error": replace(TABLE, example="error.type = …"),
    "calls": COUNTS,
}
_EXPECT_TABLES: dict[str, tuple[type[Any], dict[str, ValueType]]] = {
    "text": (
        TextExpected,
        {
            "equals": TEXT,
            "contains": TEXT_OR_TEXTS,
            "not_contains": TEXT_OR_TEXTS,
            "matches": PATTERN,
        },
    ),
    "files": (FilesExpected, {"count": COUNT, "names": TEXTS, "content_types": TEXTS}),
    "events": (EventsExpected, {"kinds": TEXTS, "at_most": COUNT, "first_within": SECONDS}),
    "error": (ErrorExpected, {"type": TEXT, "text": TEXT}),
}
