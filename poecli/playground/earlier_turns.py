"""Turns of a `poe dev` before this one, as the page shows them: made of what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from poecli.playground.turns import MOST_TICKS, QUESTION_CHARACTERS, CallView, TurnView
from poecli.turns.kept import KeptTurn

_STATES = {"ok": "done", "stopped": "stopped"}
_KINDS = {"violation": "rule", "refused": "advice"}


def views_of(turns: Sequence[KeptTurn]) -> list[TurnView]:
    """The oldest first. Their numbers are below 0, for those of this run are counted from 1."""
    return [_view(turn, number - len(turns)) for number, turn in enumerate(turns)]


def _view(turn: KeptTurn, number: int) -> TurnView:
    answer = turn.answer
    times = [event.at_ms for event in answer.events]
    return TurnView(
        number,
        turn.bot,
        turn.question[:QUESTION_CHARACTERS],
        str(turn.request.get("message_id") or ""),
        0,
        turn.at_ms,
        state=_STATES.get(turn.outcome, "error"),
        events=len(times),
        characters=len(turn.text),
        first_ms=times[0] if times else None,
        total_ms=answer.total_ms,
        cost=turn.cost,
        error=answer.reply.error.text if answer.reply.error else None,
        ticks=times[:MOST_TICKS],
        calls=[
            CallView(
                at,
                call.bot,
                call.mode,
                call.at_ms,
                call.at_ms + call.total_ms,
                len(call.events),
                len(call.reply.text),
                call.error,
            )
            for at, call in enumerate(turn.calls)
        ],
        notes=list(_notes(turn)),
        kept=turn.number,
    )


def _notes(turn: KeptTurn) -> Iterator[dict[str, Any]]:
    for cost in turn.costs:
        amounts = {"amount": cost.amount, "ok": cost.ok}
        yield {"kind": cost.kind, "text": "", "at_ms": cost.at_ms, **amounts}
    for line in turn.prints:
        yield {"kind": "print", "text": line.text, "at_ms": line.at_ms, "stream": line.stream}
    for fault in turn.faults:
        kind = _KINDS.get(fault.kind, fault.kind)
        told = {"rule": fault.name, "level": "error"} if kind == "rule" else {}
        more = {"detail": fault.detail} if kind == "raised" else {"fix": fault.detail}
        yield {"kind": kind, "text": fault.message, "at_ms": 0.0, **more, **told}
