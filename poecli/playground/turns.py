"""Turns as the page shows them: what happened beside each, put together from dev_events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from poecli.dev_events import (
    Advice,
    BotRaised,
    CostRequested,
    DevEvent,
    FaultRehearsed,
    LogLine,
    Stalled,
    TurnEnded,
    TurnProgress,
    TurnStarted,
    UpstreamEnded,
    UpstreamStarted,
    ViolationSeen,
)
from poecli.protocol.prices import points

MOST_TURNS = 200
MOST_TICKS = 600  # of one turn or call: more is one per pixel of the widest bar
_MOST_LINES = 200
QUESTION_CHARACTERS = 160
_TOLD_LATE_SECONDS = 0.5


@dataclass
class CallView:
    """A call of an upstream bot. Times are in milliseconds since the turn began."""

    number: int
    bot: str
    mode: str
    from_ms: float
    to_ms: float | None = None
    events: int = 0
    characters: int = 0
    error: str | None = None


@dataclass
class TurnView:
    """One turn. ``ticks`` are times at which events were seen, ``notes`` what belongs to it."""

    number: int
    bot: str
    question: str
    message_id: str
    generation: int
    at_ms: int
    kind: str = "query"
    state: str = "running"
    events: int = 0
    characters: int = 0
    first_ms: float | None = None
    total_ms: float | None = None
    cost: int = 0
    error: str | None = None
    ticks: list[float] = field(default_factory=list)
    calls: list[CallView] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    tunneled: bool = False
    kept: int = 0  # its number in `poe turns`, for one of an earlier run
    began: float = field(default=0.0, repr=False)

    def ran_after(self, at: float) -> bool:
        """Whether it was under way at that moment of the clock, or later."""
        return self.total_ms is None or self.began + self.total_ms / 1000 >= at

    def as_json(self) -> dict[str, Any]:
        """What the page gets. Nothing of it is copied: it is encoded before much more happens."""
        shown = {name: value for name, value in vars(self).items() if name != "began"}
        calls = [vars(call) for call in self.calls]
        return {**shown, "calls": calls, "cost_points": points(self.cost)}


class TurnViews:
    """The last turns. ``changed`` is called with each one that is to be shown anew."""

    def __init__(
        self,
        changed: Callable[[TurnView], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._changed = changed
        self._clock = clock
        self._turns: dict[int, TurnView] = {}
        self._by_message: dict[str, TurnView] = {}
        self._calls: dict[int, tuple[TurnView, CallView]] = {}

    @property
    def all(self) -> list[TurnView]:
        """Oldest first."""
        return list(self._turns.values())

    def restore(self, earlier: Iterable[TurnView]) -> None:
        """Turns of an earlier run, which come before all of this one."""
        before = {turn.number: turn for turn in earlier if turn.message_id not in self._by_message}
        self._turns = {**before, **self._turns}

    def generation_of(self, message_id: str) -> int:
        """Which generation gave an answer; 0 where that is not known."""
        turn = self._by_message.get(message_id)
        return 0 if turn is None else turn.generation

    def is_open(self, message_id: str) -> bool:
        """Whether the answer with this id has not ended yet."""
        turn = self._by_message.get(message_id)
        return turn is not None and turn.total_ms is None

    def shows(self, number: int | None) -> bool:
        """Whether that turn is one of these: a query, and no report or request of settings."""
        return self._at(number) is not None

    def hear(self, event: DevEvent) -> None:
        """Take in one event; those of requests that are no queries, and others, are left out."""
        turn = self._heard(event)
        if turn is not None:
            self._changed(turn)

    def _heard(self, event: DevEvent) -> TurnView | None:
        take = self._TAKE.get(type(event))
        if take is None and isinstance(event, Advice):
            take = TurnViews._advice
        return take(self, event) if take else None

    def _at(self, number: int | None) -> TurnView | None:
        return None if number is None else self._turns.get(number)

    def _start(self, event: TurnStarted) -> TurnView | None:
        if event.kind != "query" or not event.examined:
            return None
        turn = TurnView(
            event.turn,
            event.bot,
            event.user_text[:QUESTION_CHARACTERS],
            event.message_id,
            event.generation,
            time.time_ns() // 1_000_000,
            tunneled=event.tunneled,
            began=self._clock(),
        )
        self._turns[event.turn] = turn
        if event.message_id:
            self._by_message[event.message_id] = turn
        self._forget_oldest()
        return turn

    def _forget_oldest(self) -> None:
        """Of those that are over: of one that runs the end is still to be told."""
        while len(self._turns) > MOST_TURNS:
            over = (turn for turn in self._turns.values() if turn.total_ms is not None)
            old = next(over, None)
            if old is None:
                return
            del self._turns[old.number]
            if self._by_message.get(old.message_id) is old:
                del self._by_message[old.message_id]

    def _since(self, turn: TurnView) -> float:
        """Within the turn, also for what is told after its end."""
        ms = (self._clock() - turn.began) * 1000
        return round(ms if turn.total_ms is None else min(ms, turn.total_ms), 1)

    def _progress(self, event: TurnProgress) -> TurnView | None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            turn.events, turn.characters = event.event_count, event.characters
            if len(turn.ticks) < MOST_TICKS:
                turn.ticks.append(self._since(turn))
            turn.first_ms = turn.ticks[0]  # as seen, until its end tells when it came
        return turn

    def _end(self, event: TurnEnded) -> TurnView | None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            turn.events, turn.characters = event.event_count, event.characters
            turn.first_ms, turn.total_ms = event.first_event_ms, event.total_ms
            turn.cost, turn.error = event.cost, event.error
            turn.state = "stopped" if event.hung_up else "error" if event.error else "done"
        return turn

    def _call(self, event: UpstreamStarted) -> TurnView | None:
        turn = self._by_message.get(event.message_id)
        if turn is not None:
            call = CallView(event.number, event.bot, event.mode, self._since(turn))
            turn.calls.append(call)
            self._calls[event.number] = (turn, call)
        return turn

    def _end_call(self, event: UpstreamEnded) -> TurnView | None:
        turn, call = self._calls.pop(event.number, (None, None))
        if turn is not None and call is not None:
            call.to_ms = self._since(turn)
            call.events, call.characters = event.event_count, event.characters
            call.error = event.error
        return turn

    def _stall(self, event: Stalled) -> TurnView | None:
        """Whatever ran meanwhile was held up; it may have ended before the stall is told."""
        began = self._clock() - event.ms / 1000 - _TOLD_LATE_SECONDS
        held_up = [turn for turn in self._turns.values() if turn.ran_after(began)]
        place = f"{event.file}:{event.line}" if event.file else ""
        for turn in held_up:
            told = {"place": place, "ms": event.ms, "function": event.function}
            if _goes_on(turn, place, self._since(turn) - event.ms):
                turn.notes.pop()
            self._note(turn, "stall", event.cause, **told)
        return held_up[-1] if held_up else None

    def _note(self, turn: TurnView | None, kind: str, text: str, **told: Any) -> TurnView | None:
        if turn is not None and len(turn.notes) < _MOST_LINES:
            turn.notes.append({"kind": kind, "text": text, "at_ms": self._since(turn), **told})
        return turn

    def _cost(self, event: CostRequested) -> TurnView | None:
        turn = self._by_message.get(event.message_id)
        amounts = {"amount": event.amount, "ok": event.ok, "balance": event.balance}
        return self._note(turn, event.kind, "", **amounts)

    def _print(self, event: LogLine) -> TurnView | None:
        return self._note(self._at(event.turn), "print", event.text, stream=event.stream)

    def _raised(self, event: BotRaised) -> TurnView | None:
        told = {"detail": event.traceback, "place": event.place, "fix": event.hint}
        return self._note(self._at(event.turn), "raised", event.message, **told)

    def _violation(self, event: ViolationSeen) -> TurnView | None:
        told = {"rule": event.rule, "level": event.level, "fix": event.fix}
        return self._note(self._at(event.turn), "rule", event.detail, **told)

    def _fault(self, event: FaultRehearsed) -> TurnView | None:
        return self._note(self._by_message.get(event.message_id), "fault", event.text)

    def _advice(self, event: Advice) -> TurnView | None:
        turn = self._by_message.get(event.message_id)
        return self._note(turn, "advice", event.message, why=event.why, fix=event.hint)

    _TAKE: ClassVar[Mapping[type[Any], Callable[[TurnViews, Any], TurnView | None]]] = {
        TurnStarted: _start,
        TurnProgress: _progress,
        TurnEnded: _end,
        UpstreamStarted: _call,
        UpstreamEnded: _end_call,
        CostRequested: _cost,
        LogLine: _print,
        BotRaised: _raised,
        ViolationSeen: _violation,
        FaultRehearsed: _fault,
        Stalled: _stall,
    }


def _goes_on(turn: TurnView, place: str, began_ms: float) -> bool:
    """Whether a stall is the one noted last: a long one is told while it lasts, and at its end."""
    last: dict[str, Any] = turn.notes[-1] if turn.notes else {}
    return bool(
        last.get("kind") == "stall"
        and last["place"] == place
        and abs(last["at_ms"] - last["ms"] - began_ms) < _TOLD_LATE_SECONDS * 1000
    )
