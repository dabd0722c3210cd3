"""Turns in a file of their own, with their files in it: `read_exported` reads it anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from poecli.config.redaction import masked_value
from poecli.safe_files import json_line, write_whole
from poecli.system_errors import unusable
from poecli.turns import records
from poecli.turns.bodies import Chains
from poecli.turns.kept import KeptFile, KeptTurn


def export_turns(
    turns: Iterable[KeptTurn], file: Path, *, private: bool = True, keys: Sequence[str] = ()
) -> None:
    """Write the turns, whole or not at all; a file that is gone from `.poe` is left out.

    ``keys`` are masked. Raises UsageError where that can't be written.
    """
    chains, names = Chains(), set[str]()
    found = (record for turn in turns for record in _records(turn, chains, names))
    lines = b"".join(json_line(masked_value(record, keys) if keys else record) for record in found)
    try:
        if file.exists() and not file.is_file():  # a pipe, a device: nothing may take its place
            file.write_bytes(lines)
        else:
            # A link stays one. Path.resolve raises for one that leads in a circle.
            write_whole(Path(os.path.realpath(file)), lines, private=private)
    except OSError as error:
        raise unusable(file, "written", error) from error


def _records(turn: KeptTurn, chains: Chains, names: set[str]) -> Iterator[records.Record]:
    """``names`` are the URLs of files whose bytes were written already."""
    chat = str(turn.request.get("conversation_id"))
    for number, call in enumerate(turn.calls, start=1):
        call_id = f"{turn.id}.{number}"
        body = chains.link((chat, call.bot, "call"), call_id, call.request)
        yield records.call_record(turn.id, call_id, call, body)
    notes: list[records.Note] = [*turn.costs, *turn.prints, *turn.faults]
    yield from (records.note_record(turn.id, note) for note in notes)
    for kept in turn.files:
        yield from _file(turn, kept, names)
    body = chains.link((chat, turn.bot), turn.id, turn.request)
    yield records.turn_record(turn, body, number=turn.number, old=not turn.whole or None)


def _file(turn: KeptTurn, kept: KeptFile, names: set[str]) -> Iterator[records.Record]:
    if kept.url in names:
        yield records.record("file", turn.id, url=kept.url)
        return
    names.add(kept.url)
    try:
        yield records.file_record(turn.id, kept)
    except OSError:
        return
