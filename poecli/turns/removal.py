"""Turns taken out of the journal.

The newest file is put aside first, which a running server notices: nothing is appended to a file
that is rewritten. Numbers stay. What a later turn carries stays too: of a query that is the base
of one that is kept, the messages.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from poecli.errors import UsageError
from poecli.protocol.foreign_json import loads
from poecli.safe_files import json_line, write_whole
from poecli.suggestions import shown_path
from poecli.system_errors import explained
from poecli.turns import journal, records
from poecli.turns.files import FOLDER
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import read_turns
from poecli.turns.writing import LOOK_SECONDS

_NO_MORE = {"turn": "removed", "removed": "removed", "call": "base", "base": "base"}


def remove_turns(root: Path, wanted: Callable[[KeptTurn], bool]) -> list[int]:
    """Take the wanted turns out, with what belongs to them and files that no other names.

    Their numbers. Raises UsageError where the journal can't be changed.
    """
    folder = root / journal.STATE_FOLDER
    try:
        gone, files = _chosen(root, wanted)
        if gone:
            journal.put_aside(folder, None)
            time.sleep(5 * LOOK_SECONDS)  # until a server that runs has noticed
            for file, number in journal.first_numbers(journal.journal_files(folder)).items():
                if file.name != journal.TURNS_FILE:
                    _rewrite(file, number, gone.keys())
        for turn in gone:
            journal.accepted_file(folder, turn).unlink(missing_ok=True)
    except OSError as error:
        windows = "Stop poe dev first: Windows lets nobody move a file that is open."
        raise UsageError(
            f"The turns in {shown_path(folder)} can't be removed.",
            **explained(error, hint=windows if os.name == "nt" else ""),
        ) from error
    for path in files:
        if path.parent.parent == folder / FOLDER:  # each has a folder of its own
            shutil.rmtree(path.parent, ignore_errors=True)
    return sorted(gone.values())


def _chosen(root: Path, wanted: Callable[[KeptTurn], bool]) -> tuple[dict[str, int], set[Path]]:
    """The numbers of the turns that go, by id, and the files that nobody names any more."""
    gone: dict[str, int] = {}
    going, staying = set[Path](), set[Path]()
    for turn in read_turns(root):
        paths = {file.source for file in turn.files if isinstance(file.source, Path)}
        if wanted(turn):
            gone[turn.id] = turn.number
            going |= paths
        else:
            staying |= paths
    return gone, going - staying


def _rewrite(file: Path, number: int, ids: Collection[str]) -> None:
    heads = {head.offset: head for head in journal.heads(file)}
    staying = [head for head in heads.values() if not _goes(head, ids)]
    if len(staying) == len(heads):
        return
    if not any(head.kind == "turn" for head in staying):
        file.unlink()
        return
    needed = _needed(heads.values(), ids)
    lines = [journal.start_line(number)]
    with file.open("rb") as stream:
        for offset, line in journal.raw_lines(stream):
            head = heads.get(offset)
            if head is not None:
                lines.append(line if not _goes(head, ids) else _rest(head, line, needed))
    status = file.stat()
    write_whole(file, b"".join(lines))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # it grows no younger


def _goes(head: journal.Line, ids: Collection[str]) -> bool:
    """Whether a line goes, or went already and is looked at again for what stood on it."""
    return head.turn in ids or head.kind in ("removed", "base")


def _needed(heads: Iterable[journal.Line], ids: Collection[str]) -> set[str]:
    """The ids of bodies that what stays stands on. A base comes before what stands on it."""
    needed: set[str] = set()
    for head in reversed(list(heads)):
        if head.on and (not _goes(head, ids) or head.id in needed):
            needed.add(head.on)
    return needed


def _rest(head: journal.Line, line: bytes, needed: Collection[str]) -> bytes:
    """What stays of a line that goes: its number, and the body where another stands on it."""
    kind = _NO_MORE.get(head.kind)
    if kind is None or (kind == "base" and head.id not in needed):
        return b""
    body: Mapping[str, object] = {}
    if head.id in needed:
        with contextlib.suppress(ValueError, RecursionError):
            body = loads(line)
    kept = {name: body.get(name) for name in ("id", "on", "runs", "request", "gone")}
    return json_line(records.record(kind, head.turn, **kept))
