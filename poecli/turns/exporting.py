"""Turns in a file of their own, with their files in it: `read_exported` reads it anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from poecli.errors import UsageError
from poecli.safe_files import json_line, write_whole
from poecli.turns import records
from poecli.turns.kept import KeptFile, KeptTurn


def export_turns(turns: Iterable[KeptTurn], file: Path, *, private: bool = True) -> None:
    """Write the turns, whole or not at all; a file that is gone from `.poe` is left out.

    Raises UsageError where that can't be written.
    """
    lines = b"".join(json_line(record) for turn in turns for record in _records(turn))
    try:
        write_whole(file, lines, private=private)
    except OSError as error:
        raise UsageError(f"{file} can't be written.", why=error.strerror or str(error)) from error


def _records(turn: KeptTurn) -> Iterator[records.Record]:
    for number, call in enumerate(turn.calls, start=1):
        body = {"request": dict(call.request)}
        yield records.call_record(turn.id, f"{turn.id}.{number}", call, body)
    yield from (records.cost_record(turn.id, cost) for cost in turn.costs)
    yield from (records.print_record(turn.id, printed) for printed in turn.prints)
    yield from (records.fault_record(turn.id, fault) for fault in turn.faults)
    for kept in turn.files:
        yield from _file(turn, kept)
    yield records.record(
        "turn",
        turn.id,
        at_ms=turn.at_ms,
        number=turn.number,
        bot=turn.bot,
        path=turn.path,
        request=dict(turn.request),
        **records.answer_fields(turn.answer),
    )


def _file(turn: KeptTurn, kept: KeptFile) -> Iterator[records.Record]:
    try:
        yield records.file_record(turn.id, kept)
    except OSError:
        return
