"""Appends what happened in turns to the journal, each thing in one write.

Two servers may run in one project: each keeps to the bases that it wrote itself, and follows when
the other puts the file aside. A command that empties or removes the file is followed likewise.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from poecli.config.redaction import masked_frames, may_spell, usable_keys
from poecli.protocol.sse import encode_frame
from poecli.safe_files import JsonLines, json_line
from poecli.turns import journal, records
from poecli.turns.bodies import Chains
from poecli.turns.files import without_private_urls
from poecli.turns.kept import KeptAnswer, KeptCall, KeptTurn
from poecli.turns.wire import KEYS_OF_A_BODY, KeptWire

LOOK_SECONDS = 0.02  # at thousands of turns a second, looking each time would be half the work


class TurnWriter:
    """The journal in ``folder``. All methods raise OSError, and then nothing was kept.

    ``keys`` are masked in everything; those that a request brings itself, in what belongs to it.
    Whether the file is still there, and under its name, is looked for every ``look_seconds``.
    """

    def __init__(
        self,
        folder: Path,
        keys: Sequence[str] = (),
        retention: journal.Retention = journal.Retention(),  # noqa: B008 - frozen
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._folder = folder
        self._keys = usable_keys(keys)
        self._retention = retention
        self._lines = JsonLines(folder / journal.TURNS_FILE)
        self._chains = Chains()
        self._size = -1  # of the file after our last write; -1 before the first
        self._look_seconds = look_seconds
        self._look_at = 0.0  # when to look at the file again
        self._count: int | None = None  # turns in the file, while we know

    def turn(
        self,
        id: str,
        bot: str,
        path: str,
        request: Mapping[str, Any],
        answer: KeptAnswer,
        *,
        wire: KeptWire = KeptWire(),  # noqa: B008 - frozen
    ) -> None:
        keys = self._keys_with(request)
        chain = (str(request.get("conversation_id")), bot)
        self._make_room()
        body = _shown(self._chains.link(chain, id, _without_keys(request)))
        at_ms = round(time.time() * 1000 - answer.total_ms)
        wire = _masked_wire(wire, request, keys)
        turn = KeptTurn(0, id, at_ms, bot, {}, _masked_answer(answer, keys), path, wire)
        record = records.turn_record(turn, body)
        self._write(record, keys)
        if self._count is not None:
            self._count += 1

    def call(
        self, turn: str, id: str, conversation: str, call: KeptCall, keys: Sequence[str]
    ) -> None:
        """A call of a turn is over; ``keys`` came with it."""
        keys = usable_keys([*self._keys, *keys])
        chain = (conversation, call.bot, "call")
        self._make_room()
        body = _shown(self._chains.link(chain, id, _without_keys(call.request)))
        record = records.call_record(turn, id, call, body)
        self._write(record, keys)

    def note(self, record: records.Record) -> None:
        self._make_room()
        self._write(record, self._keys)

    def empty(self) -> None:
        """Take away what this writer kept: the next record begins the file anew."""
        self._lines.close()  # Windows removes no file that is open
        self._lines.file.unlink(missing_ok=True)
        self._chains.clear()
        self._size, self._count, self._look_at = 0, None, 0.0

    def close(self) -> None:
        self._lines.close()

    def _keys_with(self, request: Mapping[str, Any]) -> list[str]:
        own = [value for name in KEYS_OF_A_BODY if isinstance(value := request.get(name), str)]
        return usable_keys([*self._keys, *own]) if own else self._keys

    def _write(self, record: records.Record, keys: Sequence[str]) -> None:
        line = json_line(record)
        for key in keys:
            shown = json.dumps(key, ensure_ascii=False)[1:-1].encode()
            line = line.replace(shown, b"*" * len(shown))
        try:
            self._lines.write(line)
        except OSError:
            self._chains.clear()  # nothing may stand on what is not there
            self._look_at = 0.0
            raise
        self._size += len(line)

    def _make_room(self) -> None:
        """See to the file before a record is made: what that refers to must stand in there."""
        # What is rewritten as bases must stay a part of a file, not most of it.
        most = max(self._retention.file_bytes, 2 * self._chains.size)
        now = time.monotonic()
        if now < self._look_at and self._size <= most:
            return
        status = self._lines.status()
        self._look_at = now + self._look_seconds
        if self._size < 0:  # our first record
            journal.drop_old(self._folder, self._retention)
            if journal.is_old(self._lines.file, self._retention):
                status = self._put_aside(status)
        elif status.st_size < self._size or not self._is_in_place(status):
            status = self._begun_anew()
        elif status.st_size > self._size:
            self._count = None  # somebody else writes too
        if status.st_size > most:
            status = self._put_aside(status)
        self._size = status.st_size
        if not self._size:
            start = journal.start_line(journal.next_number(self._folder))
            self._lines.write(start)
            self._size, self._count = len(start), 0

    def _begun_anew(self) -> os.stat_result:
        """Let go of the file, and of all that stands in it: what there is now in its place."""
        self._lines.close()
        self._chains.clear()
        self._count = None
        return self._lines.status()

    def _is_in_place(self, status: os.stat_result) -> bool:
        """Whether the file that we write to has its name still."""
        try:
            return os.path.samestat(self._lines.file.stat(), status)
        except FileNotFoundError:
            return False

    def _put_aside(self, status: os.stat_result) -> os.stat_result:
        """Put the file aside, unless somebody else did; what there is now in its place."""
        self._lines.close()  # Windows renames no file that is open
        if self._is_in_place(status):
            journal.put_aside(self._folder, self._count)
            journal.drop_old(self._folder, self._retention)
        return self._begun_anew()


def _without_keys(body: Mapping[str, Any]) -> Mapping[str, Any]:
    if not any(name in body for name in KEYS_OF_A_BODY):
        return body
    return {name: value for name, value in body.items() if name not in KEYS_OF_A_BODY}


def _shown(body: records.Record) -> records.Record:
    """What is written of a body. As a base it stays as it came, to be known again."""
    return {**body, "request": without_private_urls(body["request"])}


def _masked_wire(wire: KeptWire, request: Mapping[str, Any], keys: Sequence[str]) -> KeptWire:
    """How the request came; a body of its own is not kept with what opens a file elsewhere."""
    if wire.body and without_private_urls(request) is not request:
        return KeptWire(wire.head)
    return wire.masked(request, keys)


def _masked_answer(answer: KeptAnswer, keys: Sequence[str]) -> KeptAnswer:
    """The answer; with the keys masked also where they are cut over its events."""
    if not may_spell(answer.body, keys):
        return answer
    frames = [event.frame for event in answer.events]
    masked = masked_frames(frames, keys)
    if masked == frames:
        return answer
    body = b"".join(encode_frame(frame) for frame in masked).decode()
    return replace(answer, body=body, pieces=())
