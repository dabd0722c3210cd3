"""A kept turn as the page's tabs read it: events, request, raw answer, upstream."""

from __future__ import annotations

from typing import Any

from poecli.playground.prompts import prompt_changes
from poecli.turns.kept import KeptTurn


def turn_json(turn: KeptTurn) -> dict[str, Any]:
    """All of it, but for the bytes of files. Times are in milliseconds since the query came."""
    answer = turn.answer
    return {
        "number": turn.number,
        "bot": turn.bot,
        "at_ms": turn.at_ms,
        "path": turn.path,
        "request": turn.request,
        "raw_request": turn.raw_request,
        "status": answer.status,
        "total_ms": answer.total_ms,
        "raw": answer.body,
        "events": [event.as_json() for event in answer.events],
        "calls": [
            {**call.as_json(), "prompt": prompt_changes(turn.request, call.request)}
            for call in turn.calls
        ],
    }
