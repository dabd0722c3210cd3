"""The turns of a project, read from its journal; no server needs to run.

Whatever is odd is passed over: half a last line after a kill, lines of others, a turn whose base
is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from poecli.errors import UsageError
from poecli.safe_files import JsonLines
from poecli.turns.kept import KeptAnswer, KeptTurn


def read_turns(root: Path) -> Iterator[KeptTurn]:
    """Every kept turn of the project in ``root``, the oldest first."""
    for record in JsonLines(root / ".poe" / "turns.jsonl").read():
        if record.get("type") == "turn":
            yield KeptTurn(
                number=0,
                id=str(record.get("message_id")),
                at_ms=int(record.get("at_ms") or 0),
                bot=str(record.get("bot")),
                request={"type": "query", "query": [{"content": record.get("message")}]},
                answer=KeptAnswer(body=str(record.get("answer"))),
                whole=False,
            )


def last_turns(root: Path, count: int) -> list[KeptTurn]:
    """The newest ``count`` turns, the oldest of them first."""
    return list(read_turns(root))[-count:]


def find_turns(root: Path, wanted: Sequence[str]) -> list[KeptTurn]:
    """The turns that are named: a number, a range (3-7), an id or its beginning, or `last`.

    Each once, the oldest first. Raises UsageError for one that is not there.
    """
    found = [turn for turn in read_turns(root) if str(turn.number) in wanted]
    if not found:
        raise UsageError("No turn yet.", hint="poe dev, then ask")
    return found


def read_exported(file: Path) -> list[KeptTurn]:
    """The turns in a file of `poe turns export`. Raises UsageError."""
    raise UsageError(f"{file} holds no turns.")
