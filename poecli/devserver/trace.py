"""What passes through the gateway, read beside the stream and never in its way.

The work of a turn is done as it ends, or for a long answer in small slices while it lasts. All of
it together may take a share of the event loop and no more: beyond that, turns are counted and said
to be counted (`TurnsCounted`), and neither read nor told, so that under any load the memory stays
flat and the log is never behind. Where something asserts on what is read, every turn is examined.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from poecli.dev_events import (
    CostRequested,
    DevEvent,
    Listener,
    TurnEnded,
    TurnProgress,
    TurnsCounted,
    TurnStarted,
    UpstreamEnded,
    ViolationSeen,
)
from poecli.http1.heads import RawHeaders
from poecli.protocol.answer import AnswerReader
from poecli.protocol.events import Event
from poecli.protocol.reply import Violation
from poecli.protocol.requests import last_text
from poecli.protocol.rules.catalog import RULES
from poecli.turns.kept import KeptAnswer
from poecli.waiting import cancel_and_wait

_PAUSE_SECONDS = 0.05
_SLICE_SECONDS = 0.005  # of the event loop at a time
_PIECE_BYTES = 16 * 1024
# More than this unread (an answer's legal size is a few MB) is not kept: decoding is skipped.
_MOST_UNREAD_BYTES = 64 * 1024 * 1024
# Of the loop's time, for all that is read and told of turns; what was not used is saved up.
_SHARE = 0.25
_MOST_SAVED_SECONDS = 0.5
_COUNT_SECONDS = 1.0  # between two reports of turns that were only counted
_DONE = b"event: done"
_KEPT_TURNS = 512  # of costs that no turn has claimed: a script of the author's has none

_MOST_RECORDED_BYTES = 4 * 1024 * 1024  # of one answer

# Given a query's answer before the last bytes of it go out, so that no kill can lose it; one that
# came to no end is given when it is over.
Recorder = Callable[[TurnStarted, KeptAnswer], None]


class _Recording:
    """An answer while it passes, for the `Recorder`."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._chunks: list[bytes] = []
        self._pieces: list[tuple[float, int]] = []
        self._room = _MOST_RECORDED_BYTES

    def take(self, chunk: bytes) -> None:
        """More of it; what is too much is left out."""
        if self._room >= len(chunk):
            self._chunks.append(chunk)
            self._pieces.append((self._now_ms(), len(chunk)))
            self._room -= len(chunk)
        else:
            self._room = -1  # and of what follows nothing

    def answer(self, status: int, *, hung_up: bool) -> KeptAnswer:
        """What was sent until now."""
        return KeptAnswer(
            body=b"".join(self._chunks).decode("utf-8", "replace"),
            pieces=tuple(self._pieces),
            status=status,
            total_ms=self._now_ms(),
            hung_up=hung_up,
            whole=self._room >= 0,
        )

    def _now_ms(self) -> float:
        return round((time.monotonic() - self._began) * 1000, 1)


class TurnTap:
    """One request on its way: the gateway calls `feed` for what it forwarded, `end` at the end."""

    def __init__(self, trace: Trace, started: TurnStarted) -> None:
        self.started = started
        self.status: int = HTTPStatus.OK
        self.size = 0
        self.hung_up = False
        self.is_stream = False
        self._trace = trace
        self._began = time.monotonic()
        self._first_at: float | None = None
        self._ended_at: float | None = None
        self._unread: deque[bytes] = deque()
        self._reader = AnswerReader()
        self._events: list[Event] = []  # since they were last told
        self._told_rules: set[str] = set()
        wanted = trace.record is not None and started.kind == "query"
        self._recording = _Recording() if wanted else None

    def passing(self, chunk: bytes) -> None:
        """These bytes, whole events, are about to be forwarded; a completed answer is recorded."""
        if self._recording is not None:
            self._recording.take(chunk)
            # Within a line the words are the bot's own.
            if self.is_stream and (b"\n" + _DONE in chunk or chunk.startswith(_DONE)):
                self._record()

    def _record(self) -> None:
        if self._recording is not None and self._trace.record is not None:
            answer = self._recording.answer(self.status, hung_up=self.hung_up)
            self._recording = None
            self._trace.record(self.started, answer)

    def feed(self, chunk: bytes) -> None:
        """These bytes have been forwarded."""
        if self._first_at is None:
            self._first_at = time.monotonic()
        self.size += len(chunk)
        if self.is_stream and self.started.examined and self._trace.keep(len(chunk)):
            self._unread.append(chunk)
            self._trace.wake(self)

    def end(self) -> None:
        """The answer is over, or the client has hung up."""
        self._ended_at = time.monotonic()
        self._record()
        self._trace.ended(self)

    @property
    def is_recorded(self) -> bool:
        """True once the recorder has been given the answer: a complete one before it is over."""
        return self._recording is None

    @property
    def has_unread(self) -> bool:
        """True while forwarded bytes wait to be decoded."""
        return bool(self._unread)

    @property
    def is_short(self) -> bool:
        """True for an answer that can be read in one go."""
        return self.size <= _PIECE_BYTES

    def read_whole(self) -> None:
        """Read all that is left at once."""
        answer = b"".join(self._unread)
        self._unread.clear()
        self._trace.kept -= len(answer)
        if answer:
            self._events += self._reader.read_whole(answer)

    def read_some(self) -> bool:
        """Decode one piece; False when there is nothing left to do until more arrives."""
        if self._unread:
            chunk = self._unread.popleft()
            if len(chunk) > _PIECE_BYTES:
                self._unread.appendleft(chunk[_PIECE_BYTES:])
                chunk = chunk[:_PIECE_BYTES]
            self._trace.kept -= len(chunk)
            self._events += self._reader.feed(chunk)
            return True
        return False

    def report(self) -> bool:
        """Tell what was read since the last time; True when the turn is over and told."""
        reader, turn = self._reader, self.started.turn
        events, self._events = tuple(self._events), []
        if events:
            self._trace.tell(
                TurnProgress(turn, reader.reply.event_count, reader.reply.characters, events)
            )
        over = self._ended_at is not None and not self._unread
        if over and self.is_stream and not self.hung_up and self.started.examined:
            reader.end()
        violations, reader.violations = reader.violations, []
        self._tell_violations(violations)
        if over:
            self._trace.tell(self._ended())
        return over

    def _tell_violations(self, violations: list[Violation]) -> None:
        """Each broken rule once a turn."""
        for violation in violations:
            if violation.rule in self._told_rules:
                continue
            self._told_rules.add(violation.rule)
            rule, turn = RULES[violation.rule], self.started.turn
            told = ViolationSeen(turn, rule.id, rule.level.value, violation.detail, rule.fix)
            self._trace.tell(told)

    def _ended(self) -> TurnEnded:
        reply = self._reader.reply
        first = self._first_at
        spent = self._trace.spent_by(self.started.message_id)
        return TurnEnded(
            turn=self.started.turn,
            kind=self.started.kind,
            generation=self.started.generation,
            status=self.status,
            event_count=reply.event_count,
            characters=reply.characters,
            size=self.size,
            files=len(reply.files),
            first_event_ms=None if first is None else (first - self._began) * 1000,
            total_ms=((self._ended_at or self._began) - self._began) * 1000,
            text=reply.text,
            error=(reply.error.text or "error without a text") if reply.error else None,
            hung_up=self.hung_up,
            message_id=self.started.message_id,
            upstream_calls=spent.calls,
            cost=spent.cost,
            examined=self.started.examined,
        )


@dataclass
class _TurnCosts:
    calls: int = 0
    cost: int = 0


class _Allowance:
    """Seconds of the loop that may be spent: a share of the time that passes, saved up a little."""

    def __init__(self) -> None:
        self._left = _MOST_SAVED_SECONDS
        self._at = time.monotonic()

    def is_left(self) -> bool:
        now = time.monotonic()
        self._left = min(_MOST_SAVED_SECONDS, self._left + (now - self._at) * _SHARE)
        self._at = now
        return self._left > 0

    def spend(self, seconds: float) -> None:
        self._left -= seconds


class Trace:
    """Numbers the turns, decodes their answers, tells what it saw.

    ``examine_all`` is for those that assert on it: no turn is ever left out.
    """

    def __init__(
        self, report: Listener, record: Recorder | None = None, *, examine_all: bool = False
    ) -> None:
        self.tell = report  # of what is counted already: reading a turn, and telling of it
        self.record = record
        self.kept = 0  # bytes that wait to be read
        self._examine_all = examine_all
        self._allowance = _Allowance()
        self._counted = 0  # since they were last told
        self._open_turns = 0
        self._turns = 0
        self._run_id = secrets.token_hex(4)
        self._spent: dict[str, _TurnCosts] = {}
        self._active: dict[TurnTap, None] = {}
        self._work = asyncio.Event()
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._count())]

    def begin(
        self,
        body: Mapping[str, Any],
        headers: RawHeaders,
        *,
        path: str,
        generation: int,
        bot: str,
        target: str = "",
        raw: bytes = b"",
        tunneled: bool = False,
    ) -> TurnTap:
        """A request of the protocol is about to be handed to the bot."""
        self._turns += 1
        kind = body.get("type")
        started = TurnStarted(
            turn=self._turns,
            id=self.id_of(self._turns),
            kind=kind if isinstance(kind, str) else "unknown",
            path=path,
            generation=generation,
            bot=bot,
            user_text=last_text(body),
            request=body,
            headers=headers,
            target=target or path,
            raw=raw,
            tunneled=tunneled,
            examined=self._examine_all or self._allowance.is_left(),
        )
        self._counted += not started.examined
        self.emit(started)
        self._open_turns += 1
        return TurnTap(self, started)

    def id_of(self, turn: int) -> str:
        """The id of the turn with this number."""
        return f"{self._run_id}-{turn}"

    def ended(self, tap: TurnTap) -> None:
        """The turn of a tap is over: a short answer is read and told at once."""
        self._open_turns -= 1
        if not tap.is_short:
            self.wake(tap)
            return
        self._active.pop(tap, None)
        began = time.perf_counter()
        tap.read_whole()
        tap.report()
        self._allowance.spend(time.perf_counter() - began)

    def emit(self, report: DevEvent) -> None:
        """Tell an event, at the cost of the allowance."""
        began = time.perf_counter()
        self.tell(report)
        self._allowance.spend(time.perf_counter() - began)

    def note(self, event: DevEvent) -> None:
        """What the local Poe saw; calls and costs count for the turn they belong to."""
        if isinstance(event, (UpstreamEnded, CostRequested)):
            spent = self._spent.setdefault(event.message_id, _TurnCosts())
            if isinstance(event, UpstreamEnded):
                spent.calls += 1
            elif event.ok and event.kind == "capture":
                spent.cost += event.amount
            while len(self._spent) > _KEPT_TURNS:
                del self._spent[next(iter(self._spent))]
        self.emit(event)

    def spent_by(self, message_id: str) -> _TurnCosts:
        """Calls and costs of one turn so far."""
        return self._spent.pop(message_id, _TurnCosts())

    def keep(self, size: int) -> bool:
        """Whether so many bytes more may wait to be read."""
        if self.kept + size > _MOST_UNREAD_BYTES:
            return False
        self.kept += size
        return True

    def wake(self, tap: TurnTap) -> None:
        """There is something to read or to tell."""
        self._active[tap] = None
        self._work.set()

    async def close(self) -> None:
        """Read and tell what is left."""
        await cancel_and_wait(*self._tasks)
        while self._active:
            self._read_slice()
        self._emit_counted()

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            # While answers are under way they come first.
            await asyncio.sleep(_PAUSE_SECONDS if self._open_turns else 0)
            self._work.clear()
            began = time.perf_counter()
            self._read_slice()
            self._allowance.spend(time.perf_counter() - began)
            if self._active:
                self._work.set()

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(_COUNT_SECONDS)
            self._emit_counted()

    def _emit_counted(self) -> None:
        counted, self._counted = self._counted, 0
        if counted:
            self.tell(TurnsCounted(counted))

    def _read_slice(self) -> None:
        until = time.monotonic() + _SLICE_SECONDS
        for tap in list(self._active):
            while time.monotonic() < until and tap.read_some():
                pass
            del self._active[tap]
            if tap.report():
                continue
            if tap.has_unread:
                self._active[tap] = None
            if time.monotonic() >= until:
                break
