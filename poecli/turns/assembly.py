"""The lines of one file put together to turns.

Whatever is odd is passed over: half a last line after a kill, lines of others, a turn whose base
is missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from poecli.protocol.foreign_json import loads
from poecli.turns import journal, records
from poecli.turns.bodies import with_added
from poecli.turns.kept import (
    KeptAnswer,
    KeptCall,
    KeptCost,
    KeptFault,
    KeptFile,
    KeptPrint,
    KeptTurn,
)

_UNREADABLE = (ValueError, TypeError, KeyError, RecursionError)
_OLD_IDS = ("message_id", "conversation_id", "user_id", "bot_query_id")


def read_file(
    file: Path, folder: Path, number: int = 1, *, naming: bytes = b""
) -> Iterator[KeptTurn]:
    """The turns of one file, which begin at ``number``; files lie in ``folder``. Raises OSError.

    With ``naming`` only those in whose line that stands, and others that these need.
    """
    reader = _Assembly(file, folder)
    wanted = reader.lines_for(file, naming) if naming else reader.heads.keys()
    with file.open("rb") as stream:
        for offset, line in journal.raw_lines(stream):
            if head := reader.heads.get(offset):
                if offset in wanted:
                    reader.take(head, line, number)
                number += head.kind in journal.NUMBERED
                yield from reader.complete(offset)


@dataclass
class _Pending:
    """A turn whose line was read, and what else belongs to it, as far as it was read."""

    turn: KeptTurn | None = None
    calls: list[KeptCall] = field(default_factory=list)
    notes: list[records.Note] = field(default_factory=list)
    stored: list[KeptFile] = field(default_factory=list)

    def whole(self, turn: KeptTurn) -> KeptTurn:
        return replace(
            turn,
            calls=tuple(self.calls),
            costs=tuple(note for note in self.notes if isinstance(note, KeptCost)),
            prints=tuple(note for note in self.notes if isinstance(note, KeptPrint)),
            faults=tuple(note for note in self.notes if isinstance(note, KeptFault)),
            stored=tuple(self.stored),
        )


class _Assembly:
    """Puts the turns of a file together. In memory is what is still to be completed.

    A turn's prints may come after it, and bodies are bases of later ones: the first bytes of all
    lines say which, before any line is read.
    """

    def __init__(self, file: Path, folder: Path) -> None:
        self._folder = folder
        self.heads = {head.offset: head for head in journal.heads(file)}
        turns = {head.turn for head in self.heads.values() if head.kind == "turn"}
        self._last = {head.turn: at for at, head in self.heads.items() if head.turn in turns}
        self._bases = {head.on for head in self.heads.values() if head.on}
        self._bodies: dict[str, Mapping[str, Any]] = {}
        self._pending: dict[str, _Pending] = {}
        self._order: deque[str] = deque()
        self._files: dict[str, KeptFile] = {}

    def lines_for(self, file: Path, naming: bytes) -> set[int]:
        """Where the lines are of the turns in whose line that stands, and their bases."""
        with file.open("rb") as stream:
            named = {
                head.turn
                for offset, line in journal.raw_lines(stream)
                if naming in line and (head := self.heads.get(offset)) and head.kind == "turn"
            }
        # A note has no id of its own, and is no base.
        by_id = {h.id: h for h in self.heads.values() if h.kind in ("turn", "call")}
        found: set[int] = set()
        rest = [head for head in self.heads.values() if head.turn in named or head.kind == "file"]
        while rest:
            head = rest.pop()
            found.add(head.offset)
            if (base := by_id.get(head.on)) and base.offset not in found:
                rest.append(base)
        return found

    def take(self, head: journal.Line, line: bytes, number: int) -> None:
        try:
            fields = loads(line)
            if fields["v"] == 1:
                self._begin(_old_turn(fields, head.turn, number))
                return
            body = self._body(head, fields)
            if head.kind == "turn" and body is not None:
                self._begin(_turn(fields, head.turn, number, body))
            elif head.turn in self._last:
                self._add(head, fields, body)
        except _UNREADABLE:
            return

    def _begin(self, turn: KeptTurn) -> None:
        self._pending.setdefault(turn.id, _Pending()).turn = replace(turn, folder=self._folder)
        self._order.append(turn.id)

    def _body(self, head: journal.Line, fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The request of a line that has one; None where it can't be put together."""
        if "request" not in fields:
            return None
        body: Mapping[str, Any] | None = fields["request"]
        if head.on:
            base = self._bodies.pop(head.on, None)
            body = None if base is None else with_added(base, fields)
        if body is not None and head.id in self._bases:
            self._bodies[head.id] = body
        return body

    def _add(
        self, head: journal.Line, fields: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> None:
        pending = self._pending.setdefault(head.turn, _Pending())
        if head.kind == "call" and body is not None:
            pending.calls.append(records.call_from(fields, body))
        elif head.kind in records.NOTES:
            pending.notes.append(records.note_from(head.kind, fields))
        elif head.kind == "file":
            self._add_file(pending, fields)

    def _add_file(self, pending: _Pending, fields: Mapping[str, Any]) -> None:
        """One whose bytes stand in an earlier line is named by its URL alone."""
        file = self._files.get(str(fields["url"])) if "name" not in fields else None
        file = file or records.file_from(fields, self._folder)
        self._files[file.url] = file
        pending.stored.append(file)

    def complete(self, offset: float) -> Iterator[KeptTurn]:
        """The turns, in their order, of which everything was read by this line."""
        while self._order and self._last[self._order[0]] <= offset:
            pending = self._pending.pop(self._order.popleft(), None)
            if pending is not None and pending.turn is not None:
                yield pending.whole(pending.turn)


def _turn(fields: Mapping[str, Any], id: str, number: int, request: Mapping[str, Any]) -> KeptTurn:
    return KeptTurn(
        number=int(fields.get("number", number)),
        id=id,
        at_ms=int(fields["at_ms"]),
        bot=str(fields["bot"]),
        path=str(fields.get("path", "/")),
        request=request,
        wire=records.wire_from(fields),
        answer=records.answer_from(fields),
        whole=not fields.get("old"),
    )


def _old_turn(fields: Mapping[str, Any], id: str, number: int) -> KeptTurn:
    """A turn as it was kept first: of the query the last message and the ids."""
    message = {"role": "user", "content": str(fields["message"])}
    ids = {name: fields.get(name) for name in _OLD_IDS}
    return KeptTurn(
        number=number,
        id=id,
        at_ms=int(fields["at_ms"]),
        bot=str(fields["bot"]),
        request={"version": "1.2", "type": "query", "query": [message], **ids},
        answer=KeptAnswer(body=str(fields["answer"]), whole=bool(fields.get("whole", True))),
        whole=False,
    )
