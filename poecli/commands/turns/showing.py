"""One turn, whole: what was asked, called and answered; for a person, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from poecli.commands.bots.root import project_root
from poecli.commands.turns.flags import TurnsFlags
from poecli.commands.turns.listing import summary, when
from poecli.protocol.events import Text, event_from_frame
from poecli.protocol.prices import dollars
from poecli.terminal.amounts import counted, took
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean, one_line
from poecli.turns.kept import KeptAnswer, KeptCall, KeptFile, KeptTurn, RecordedEvent
from poecli.turns.reading import LAST, find_turns

_LISTED_MESSAGES = 6


def show(console: Console, flags: TurnsFlags) -> None:
    """The turns that are named, by default the last. Raises UsageError."""
    for turn in find_turns(project_root(Path.cwd()), flags.words or (LAST,)):
        if flags.json:
            console.json({"type": "turn", **_as_json(turn)})
        else:
            for style, line in _lines(turn):
                shown = clean(line)
                console.data(console.styled(shown, style, stream=console.stdout))


def _as_json(turn: KeptTurn) -> dict[str, Any]:
    """All that is kept of a turn; of its files the names and types."""
    return {
        **summary(turn),
        "path": turn.path,
        "request": turn.request,
        "raw_request": turn.raw_request,
        "answer": {
            "status": turn.answer.status,
            "text": turn.text,
            "hung_up": turn.answer.hung_up,
            "whole": turn.answer.whole,
            "events": [event.as_json() for event in turn.answer.events],
        },
        "upstream": [call.as_json() for call in turn.calls],
        "costs": [vars(cost) for cost in turn.costs],
        "prints": [vars(printed) for printed in turn.prints],
        "faults": [vars(fault) for fault in turn.faults],
        "files": [
            {"url": file.url, "name": file.name, "content_type": file.content_type}
            for file in turn.files
        ],
    }


# --- for a person ---

_Lines = Iterator[tuple[str, str]]


def _lines(turn: KeptTurn) -> _Lines:
    yield "bold", f"#{turn.number} {turn.bot}{turn.path}  {when(turn)}  {turn.id}"
    if not turn.whole:
        yield "yellow", "An older version kept it: of the query the last message alone."
    yield from _request(turn.request)
    for call in turn.calls:
        yield from _call(call)
    answer = turn.answer
    status = "" if answer.status == KeptAnswer.status else f"HTTP {answer.status} · "
    events = counted(len(answer.events), "event")
    yield "bold", f"answer  {status}{turn.outcome} · {events} · {took(answer.total_ms)}"
    yield from _events(answer.events)
    if not answer.events and answer.body:
        yield from _block(answer.body)
    for cost in turn.costs:
        done = "" if cost.ok else " (refused)"
        yield "", f"{cost.kind} {dollars(cost.amount)}{done} at {took(cost.at_ms)}"
    for file in turn.files:
        yield "", f"file {file.name} ({file.content_type}), {_size(file)}"
    for printed in turn.prints:
        yield "dim", f"{printed.stream} at {took(printed.at_ms)}: {printed.text}"
    for fault in turn.faults:
        yield "red", f"{fault.kind}: {f'{fault.name}: ' if fault.name else ''}{fault.message}"
        yield from _block(fault.detail)


def _request(request: Mapping[str, Any]) -> _Lines:
    messages = request.get("query")
    messages = messages if isinstance(messages, list) else []
    others = [name for name in request if name not in ("query", "type", "version")]
    yield "bold", f"query   {counted(len(messages), 'message')}; {', '.join(others)}"
    if len(messages) > _LISTED_MESSAGES:
        yield "dim", f"  … {len(messages) - _LISTED_MESSAGES} before (--json shows all)"
    for message in messages[-_LISTED_MESSAGES:]:
        yield from _message(message)


def _message(message: Any) -> _Lines:
    if not isinstance(message, Mapping):
        yield "red", f"  {one_line(repr(message))}"
        return
    first, *rest = str(message.get("content", "")).splitlines() or [""]
    yield "", f"  {message.get('role', '?')}: {first}"
    yield from (("", f"    {line}") for line in rest)
    parameters, attachments = message.get("parameters"), message.get("attachments")
    if parameters:
        yield "dim", f"    parameters {json.dumps(parameters, ensure_ascii=False)}"
    for file in attachments if isinstance(attachments, list) else ():
        name = file.get("name") if isinstance(file, Mapping) else file
        yield "dim", f"    attached {name}"


def _call(call: KeptCall) -> _Lines:
    said = call.request.get("query")
    asked = said[-1].get("content", "") if isinstance(said, list) and said else ""
    end = f"error: {call.error}" if call.error else "cut" if call.cut else "ok"
    events, ms = counted(len(call.events), "event"), took(call.total_ms)
    yield (
        "bold",
        f"call    {call.bot} ({call.mode}) at {took(call.at_ms)} · {end} · {events} · {ms}",
    )
    yield "", f"  asked: {one_line(str(asked))}"
    yield from _events(call.events)


def _events(events: Iterable[RecordedEvent]) -> _Lines:
    """The events, text that follows text as one."""
    text, count = "", 0
    for event in events:
        said = event_from_frame(event.frame)
        if isinstance(said, Text):
            text, count = text + said.text, count + 1
            continue
        yield from _text(text, count)
        text, count = "", 0
        yield "dim", f"  {event.frame.event} {one_line(event.frame.data)}"
    yield from _text(text, count)


def _text(text: str, count: int) -> _Lines:
    if count:
        more = f" ({count} events)" if count > 1 else ""
        yield "dim", f"  text{more}"
        yield from _block(text)


def _block(text: str) -> _Lines:
    yield from (("", f"    {line}") for line in text.splitlines())


def _size(file: KeptFile) -> str:
    try:
        return f"{len(file.read()):,} bytes"
    except OSError:
        return "gone"
