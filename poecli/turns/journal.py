"""The files of a project's journal: which there are, in which order, and what is dropped when.

    .poe/turns.jsonl         the newest turns; only ever appended to
    .poe/turns.1200.jsonl    those up to number 1,200, put aside when the file had grown large

A body's base stands in the same file, so that a file can be dropped whole. Some 30 days are kept,
and 128 MiB: a file of 16 MiB, or a week, is put aside, and the oldest go first.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from poecli.protocol.foreign_json import loads

STATE_FOLDER = ".poe"
TURNS_FILE = "turns.jsonl"
_ASIDE = re.compile(r"\Aturns\.(\d+)\.jsonl\Z")
_MIB = 1024 * 1024
_DAY_SECONDS = 24 * 60 * 60
# A body of the largest size that is taken (64 MiB), and its answer; escaped, it can be larger.
_LONGEST_LINE = 256 * _MIB
_START = b'{"v":2,"type":"start"'
# How every line of ours begins: see records.py. Old turns have no id of their own.
_HEAD = re.compile(
    rb'\{"v":(?:1,"type":"(?P<old>turn)"|2,"type":"(?P<kind>\w+)","turn":"(?P<turn>[^"]*)"'
    rb'(?:,"id":"(?P<id>[^"]*)")?(?:,"on":"(?P<on>[^"]*)")?)'
)
NUMBERED = ("turn", "removed")


@dataclass(frozen=True)
class Retention:
    """How much of the journal is kept; the newest file may be larger than one that is put aside."""

    days: int = 30
    total_bytes: int = 128 * _MIB
    file_bytes: int = 16 * _MIB
    file_days: int = 7

    @classmethod
    def of(cls, days: int | None, megabytes: int | None) -> Retention:
        """As a project asks for, with files that are a part of it."""
        days = cls.days if days is None else days
        total = cls.total_bytes if megabytes is None else megabytes * _MIB
        return cls(days, total, min(cls.file_bytes, total // 4), min(cls.file_days, days))


@dataclass(frozen=True)
class Line:
    """Where a line stands, and what its first bytes say; ``id`` is its own, ``on`` its base's."""

    offset: int
    kind: str
    turn: str
    id: str
    on: str


def journal_files(folder: Path) -> list[Path]:
    """The files in ``folder`` (a project's `.poe`), the oldest first."""
    aside = {int(match[1]): file for file in _listed(folder) if (match := _ASIDE.match(file.name))}
    newest = folder / TURNS_FILE
    return [aside[number] for number in sorted(aside)] + ([newest] if newest.is_file() else [])


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def accepted_file(folder: Path, turn: str) -> Path:
    """The answer that is expected of a turn in place of the kept one, where one was accepted."""
    return folder / "accepted" / f"{turn}.turns"


def raw_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The whole lines and where each begins; one too long to be ours is passed over."""
    offset = 0
    while line := stream.readline(_LONGEST_LINE):
        if line.endswith(b"\n"):
            yield offset, line
        offset += len(line)


def heads(file: Path) -> Iterator[Line]:
    """What is ours in a file, read by the first bytes of its lines. Raises OSError."""
    with file.open("rb") as stream:
        for offset, line in raw_lines(stream):
            if match := _HEAD.match(line):
                kind, turn, own, on = (
                    (match[name] or b"").decode() for name in ("kind", "turn", "id", "on")
                )
                turn = turn or f"{file.stem}@{offset}"
                yield Line(offset, kind or "turn", turn, own or turn, on)


def start_of(file: Path) -> dict[str, Any]:
    """What the first line says of the file; empty where an older version began it."""
    try:
        with file.open("rb") as stream:
            line = stream.readline(1024)
        found = loads(line) if line.startswith(_START) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def first_numbers(files: list[Path]) -> dict[Path, int]:
    """The number of the first turn of each of these files, which are in their order."""
    numbers: dict[Path, int] = {}
    for position, file in enumerate(files):
        number = start_of(file).get("number")
        if not isinstance(number, int):
            before = files[position - 1] if position else None
            number = 1 if before is None else numbers[before] + count_turns(before)
        numbers[file] = number
    return numbers


def count_turns(file: Path) -> int:
    """How many turns a file has numbers for. Raises OSError."""
    return sum(line.kind in NUMBERED for line in heads(file))


def start_line(number: int) -> bytes:
    """The first line of a file whose first turn has this number."""
    start = {"v": 2, "type": "start", "number": number, "at_ms": round(time.time() * 1000)}
    return json.dumps(start, separators=(",", ":")).encode() + b"\n"


def next_number(folder: Path) -> int:
    """The number of the first turn in a new file."""
    files = [file for file in journal_files(folder) if file.name != TURNS_FILE]
    if not files:
        return 1
    if start_of(files[-1]):
        return int(files[-1].name.split(".")[1]) + 1
    return first_numbers(files)[files[-1]] + count_turns(files[-1])


def put_aside(folder: Path, count: int | None) -> None:
    """Put the newest file aside; ``count`` are the turns in it, where that is known.

    One that no turn was ever written to is removed. Raises OSError.
    """
    files = journal_files(folder)
    if not files or files[-1].name != TURNS_FILE:
        return
    count = count_turns(files[-1]) if count is None else count
    last = first_numbers(files)[files[-1]] + count - 1
    aside = folder / f"turns.{last}.jsonl"
    if not count:
        files[-1].unlink()
    elif not aside.exists():
        files[-1].rename(aside)


def drop_old(folder: Path, retention: Retention) -> None:
    """Remove the files put aside that are too old or too many. Raises OSError."""
    aside = [file for file in journal_files(folder) if file.name != TURNS_FILE]
    total = sum(file.stat().st_size for file in aside)
    oldest = time.time() - retention.days * _DAY_SECONDS
    for file in aside:
        status = file.stat()
        if status.st_mtime < oldest or total > retention.total_bytes - retention.file_bytes:
            file.unlink()
            total -= status.st_size


def is_old(file: Path, retention: Retention) -> bool:
    """Whether the newest file was begun so long ago that it is to be put aside."""
    began = start_of(file).get("at_ms")
    limit = time.time() - retention.file_days * _DAY_SECONDS
    return isinstance(began, int) and began / 1000 < limit
