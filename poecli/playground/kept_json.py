"""A kept turn as the page's tabs read it: events, request, raw answer, upstream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from poecli.turns.kept import KeptCall, KeptTurn, RecordedEvent


def turn_json(turn: KeptTurn) -> dict[str, Any]:
    """All of it, but for the bytes of files. Times are in milliseconds since the query came."""
    answer = turn.answer
    return {
        "number": turn.number,
        "bot": turn.bot,
        "at_ms": turn.at_ms,
        "path": turn.path,
        "request": turn.request,
        "status": answer.status,
        "total_ms": answer.total_ms,
        "raw": answer.body,
        "events": _events(answer.events),
        "calls": [_call(call) for call in turn.calls],
    }


def _call(call: KeptCall) -> dict[str, Any]:
    return {
        "bot": call.bot,
        "mode": call.mode,
        "request": call.request,
        "at_ms": call.at_ms,
        "total_ms": call.total_ms,
        "error": call.error,
        "text": call.reply.text,
        "events": _events(call.events),
    }


def _events(events: Iterable[RecordedEvent]) -> list[dict[str, Any]]:
    return [
        {"at_ms": event.at_ms, "event": event.frame.event, "data": event.frame.data}
        for event in events
    ]
