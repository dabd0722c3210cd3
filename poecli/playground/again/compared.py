"""Two answers to one question side by side, as the page and programs get them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from poecli.turns.comparison import differences, time_ratio
from poecli.turns.kept import KeptTurn
from poecli.turns.words import word_changes

_WORD = re.compile(r"\S+")
_MOST_CHANGES = 2000  # what comes after so many pieces is one
_MOST_CHARACTERS = 200_000  # of each text; the page shows an answer, not a file


@dataclass(frozen=True)
class AskedTurn:
    """A kept turn, and the generation that answered it; 0 where nobody knows."""

    turn: KeptTurn
    generation: int = 0

    def as_json(self) -> dict[str, Any]:
        """What is compared at a glance. Times are in milliseconds since the query came."""
        turn = self.turn
        answer = turn.answer
        reply = answer.reply
        return {
            "id": str(turn.request.get("message_id") or ""),
            "turn": turn.number,
            "generation": self.generation,
            "outcome": turn.outcome,
            "error": reply.error.text if reply.error else None,
            "first_ms": next((e.at_ms for e in answer.events if e.frame.event != "ping"), None),
            "total_ms": answer.total_ms,
            "events": len(answer.events),
            "words": len(_WORD.findall(turn.text)),
            "calls": len(turn.calls),
            "cost": turn.cost,
            "files": [file.name for file in reply.files],
        }


def comparison(before: AskedTurn, now: AskedTurn) -> dict[str, Any]:
    """Both, every way in which they differ, and the words: [same], or [old, new] for a change.

    It may take a second for long texts: call it in a thread.
    """
    old, new = before.turn, now.turn
    found = differences(old, new)
    ratio = time_ratio(old, new)
    return {
        "before": before.as_json(),
        "now": now.as_json(),
        "same": not found,
        "differences": [vars(difference) for difference in found],
        "words": _words(old.text[:_MOST_CHARACTERS], new.text[:_MOST_CHARACTERS]),
        "time_ratio": None if ratio is None else round(ratio, 2),
    }


def _words(before: str, after: str) -> list[list[str]]:
    pieces = [("".join(old), "".join(new)) for old, new in word_changes(before, after)]
    if len(pieces) > _MOST_CHANGES:
        kept, rest = pieces[:_MOST_CHANGES], pieces[_MOST_CHANGES:]
        pieces = [*kept, ("".join(old for old, _ in rest), "".join(new for _, new in rest))]
    return [[old] if old == new else [old, new] for old, new in pieces]
