"""A turn's parts <-> the objects of journal lines: pure.

A line is a JSON object whose first fields are ``v``, ``type`` and the turn it belongs to, in this
order and without spaces, so that a line is sorted by its first bytes:

    turn    the query and the answer; its id, `on` and `runs` where the body has a base (bodies.py)
    call    a call to an upstream bot, written as it ends; with a body in the same way
    cost    print    fault    file    what else belongs to a turn, before or after its own line
    start   the number of the first turn in the file; an older version wrote none
    removed a turn that was taken out; the body stays where a later one needs it
    base    a call that was taken out, for the body that a later one needs

Reading takes what is there: a line of another form raises ValueError, TypeError or KeyError.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poecli.protocol.sse import Frame
from poecli.turns.kept import (
    KeptAnswer,
    KeptCall,
    KeptCost,
    KeptFault,
    KeptFile,
    KeptPrint,
    KeptTurn,
    RecordedEvent,
)
from poecli.turns.wire import KeptWire

VERSION = 2
Record = dict[str, Any]
Note = KeptCost | KeptPrint | KeptFault
NOTES: Mapping[str, type[Note]] = {"cost": KeptCost, "print": KeptPrint, "fault": KeptFault}
_TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}


def record(type_: str, turn: str, /, **fields: Any) -> Record:
    """A line of a turn; fields that are None are left out."""
    values = {"v": VERSION, "type": type_, "turn": turn, **fields}
    return {name: value for name, value in values.items() if value is not None}


def turn_record(turn: KeptTurn, body: Record, **more: Any) -> Record:
    """A turn's line; ``body`` is its request, or what was added to an earlier one's."""
    return record(
        "turn",
        turn.id,
        on=body.pop("on", None),
        at_ms=turn.at_ms,
        **more,
        bot=turn.bot,
        path=turn.path,
        **{name: value or None for name, value in vars(turn.wire).items()},
        **body,
        **answer_fields(turn.answer),
    )


def wire_from(fields: Mapping[str, Any]) -> KeptWire:
    """How the query of a turn's line came; older versions did not keep it."""
    head, spelling, body = (str(fields.get(name, "")) for name in ("head", "spelling", "body"))
    keys = ((int(place), str(name), str(shown)) for place, name, shown in fields.get("keys", ()))
    return KeptWire(head, spelling, body, tuple(keys))


# --- the answer ---


def answer_fields(answer: KeptAnswer) -> Record:
    """What a turn's line says of the answer; what is as usual is left out."""
    fields: Record = {"answer": answer.body, "ms": answer.total_ms}
    if len(answer.pieces) > 1:
        fields["pieces"] = answer.pieces
    if answer.status != KeptAnswer.status:
        fields["status"] = answer.status
    if answer.hung_up:
        fields["hung_up"] = True
    if not answer.whole:
        fields["whole"] = False
    return fields


def answer_from(fields: Mapping[str, Any]) -> KeptAnswer:
    """The answer of a turn's line."""
    return KeptAnswer(
        body=str(fields.get("answer", "")),
        pieces=tuple((float(at), int(size)) for at, size in fields.get("pieces", ())),
        status=int(fields.get("status", KeptAnswer.status)),
        total_ms=float(fields.get("ms", 0)),
        hung_up=bool(fields.get("hung_up")),
        whole=bool(fields.get("whole", True)),
    )


# --- what else belongs to a turn ---


def call_record(turn: str, id: str, call: KeptCall, body: Record) -> Record:
    """A call's line; ``body`` is its request, or what was added to an earlier one's."""
    return record(
        "call",
        turn,
        id=id,
        on=body.pop("on", None),
        bot=call.bot,
        mode=call.mode,
        at_ms=call.at_ms,
        ms=call.total_ms,
        error=call.error,
        cut=call.cut or None,
        **body,
        events=[[event.at_ms, event.frame.event, event.frame.data] for event in call.events],
    )


def call_from(fields: Mapping[str, Any], request: Mapping[str, Any]) -> KeptCall:
    """The call of a line, whose request was put together."""
    return KeptCall(
        bot=str(fields["bot"]),
        mode=str(fields.get("mode", "")),
        request=request,
        events=tuple(
            RecordedEvent(float(at), Frame(str(name), str(data)))
            for at, name, data in fields.get("events", ())
        ),
        at_ms=float(fields.get("at_ms", 0)),
        total_ms=float(fields.get("ms", 0)),
        error=_text_or_none(fields.get("error")),
        cut=bool(fields.get("cut")),
    )


def note_record(turn: str, note: Note) -> Record:
    """The line of a cost, a print or a fault; what is as usual is left out."""
    kind = next(kind for kind, its in NOTES.items() if isinstance(note, its))
    usual = {each.name: each.default for each in dataclasses.fields(note)}
    return record(kind, turn, **{n: value for n, value in vars(note).items() if value != usual[n]})


def note_from(kind: str, found: Mapping[str, Any]) -> Note:
    """The cost, print or fault of a line."""
    known = [each for each in dataclasses.fields(NOTES[kind]) if each.name in found]
    return NOTES[kind](**{each.name: _TYPES[str(each.type)](found[each.name]) for each in known})


def file_record(turn: str, file: KeptFile, folder: Path | None = None) -> Record:
    """A file's line: where its bytes are in ``folder``, or the bytes. Raises OSError."""
    found = {"url": file.url, "name": file.name, "content_type": file.content_type}
    if folder is not None and isinstance(file.source, Path):
        return record("file", turn, **found, path=file.source.relative_to(folder).as_posix())
    return record("file", turn, **found, data=base64.b64encode(file.read()).decode())


def file_from(fields: Mapping[str, Any], folder: Path) -> KeptFile:
    """The file of a line, its path taken from ``folder`` and never out of it."""
    source: Path | bytes
    if "data" in fields:
        source = base64.b64decode(str(fields["data"]), validate=True)
    else:
        source = folder / str(fields["path"])
        if not source.resolve().is_relative_to(folder.resolve()):
            raise ValueError("a kept file lies in its folder")
    return KeptFile(str(fields["url"]), str(fields["name"]), str(fields["content_type"]), source)


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None
