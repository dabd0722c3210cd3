"""The turns of a project, read from its journal; no server needs to run."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from poecli.errors import UsageError
from poecli.suggestions import shown_path
from poecli.system_errors import explained, unusable
from poecli.turns import journal
from poecli.turns.assembly import read_file
from poecli.turns.kept import KeptTurn

LAST = "last"
_NUMBERS = re.compile(r"\A(\d{1,7})(?:-(\d{1,7}))?\Z")


def read_turns(root: Path) -> Iterator[KeptTurn]:
    """Every kept turn of the project in ``root``, the oldest first. Raises UsageError."""
    folder, numbers = _files(root)
    for file, number in numbers.items():
        yield from _read(file, folder, number)


def last_turns(root: Path, count: int) -> list[KeptTurn]:
    """The newest ``count`` turns, the oldest of them first. Raises UsageError."""
    folder, numbers = _files(root)
    found: deque[KeptTurn] = deque()
    for file in reversed(numbers):
        newest = deque(_read(file, folder, numbers[file]), count - len(found))
        found.extendleft(reversed(newest))
        if len(found) >= count:
            break
    return list(found)


def turn_of_answer(root: Path, message_id: str) -> KeptTurn | None:
    """The turn whose answer has this id, None where none has. Raises UsageError.

    Of the journal only that turn is read, and what it stands on.
    """
    naming = b'"message_id":' + json.dumps(message_id, ensure_ascii=False).encode()
    folder, numbers = _files(root)
    for file in reversed(numbers):
        named = _read(file, folder, numbers[file], naming=naming)
        found = [turn for turn in named if turn.request.get("message_id") == message_id]
        if found:
            return found[-1]
    return None


def find_turns(root: Path, wanted: Sequence[str]) -> list[KeptTurn]:
    """The turns that are named: a number, numbers (3-7), an id or its beginning, or `last`.

    Each once, the oldest first. Raises UsageError for a name that no turn has.
    """
    names = dict.fromkeys(wanted)
    found: list[KeptTurn] = []
    unused = set(names) - {LAST}
    if unused:
        for turn in read_turns(root):
            means = {name for name in names if _names(name, turn)}
            unused -= means
            if means:
                found.append(turn)
    newest = last_turns(root, 1)
    if LAST in names and newest and newest[0] not in found:
        found += newest
    if not newest:
        raise no_turn_yet()
    if unused:
        raise UsageError(
            f"No turn is kept as {', '.join(sorted(unused))}.",
            why=f"{_no_file(unused)}The newest is {newest[0].number}; turns of the last weeks are "
            "kept.",
            hint="poe turns",
        )
    return found


def _no_file(names: Collection[str]) -> str:
    is_file_name = any("." in name or "/" in name for name in names)
    return "There is no file of that name either. " if is_file_name else ""


def no_turn_yet() -> UsageError:
    """Nothing was ever asked here, or all of it was removed."""
    return UsageError("No turn yet.", hint="Start poe dev, then ask your bot something.")


def read_exported(file: Path) -> list[KeptTurn]:
    """The turns in a file of `poe turns export`. Raises UsageError."""
    try:
        turns = list(read_file(file, file.parent))
    except OSError as error:
        raise unusable(file, "read", error) from error
    if not turns:
        raise UsageError(
            f"{file} holds no turns.", hint="Make one: poe turns export last -o turns.jsonl"
        )
    return turns


def _files(root: Path) -> tuple[Path, dict[Path, int]]:
    folder = root / journal.STATE_FOLDER
    try:
        return folder, journal.first_numbers(journal.journal_files(folder))
    except OSError as error:
        raise _unreadable(folder, error) from error


def _read(file: Path, folder: Path, number: int, *, naming: bytes = b"") -> Iterator[KeptTurn]:
    try:
        yield from read_file(file, folder, number, naming=naming)
    except FileNotFoundError:  # it grew too old, or was put aside, meanwhile
        return
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> UsageError:
    return UsageError(f"The turns in {shown_path(file)} can't be read.", **explained(error))


def _names(name: str, turn: KeptTurn) -> bool:
    if numbers := _NUMBERS.match(name):
        first = int(numbers[1])
        return first <= turn.number <= int(numbers[2] or first)
    return name != LAST and turn.id.startswith(name)
