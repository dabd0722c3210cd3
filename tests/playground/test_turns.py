"""What the page is shown of a turn, from the events beside it."""

from __future__ import annotations

from typing import Any

import pytest

from poecli import dev_events as dev
from poecli.playground.turns import MOST_TURNS, TurnView, TurnViews


def started(turn: int = 1, **more: Any) -> dev.TurnStarted:
    return dev.TurnStarted(
        turn, "query", "/", 1, bot="b", user_text="hi", request={"message_id": f"m-{turn}"}, **more
    )


def ended(turn: int = 1, **more: Any) -> dev.TurnEnded:
    values = {"status": 200, "event_count": 3, "characters": 9, "size": 1, "files": 0}
    return dev.TurnEnded(
        turn=turn, kind="query", generation=1, first_event_ms=4.0, total_ms=8.0, **(values | more)
    )


def heard(*events: dev.DevEvent) -> TurnView:
    """The turn after all of them."""
    views = TurnViews(lambda _turn: None, clock=lambda: 1.0)
    for event in events:
        views.hear(event)
    return views.all[-1]


STATES = [
    (ended(), "done", None),
    (ended(error="no"), "error", "no"),
    (ended(hung_up=True), "stopped", None),
]


@pytest.mark.parametrize(("end", "state", "error"), STATES)
def test_how_a_turn_ended(end: dev.TurnEnded, state: str, error: str | None) -> None:
    turn = heard(started(), end)
    assert (turn.state, turn.error, turn.first_ms, turn.total_ms) == (state, error, 4.0, 8.0)


def test_an_answer_that_has_begun_no_longer_waits_for_its_first_event() -> None:
    assert heard(started()).first_ms is None
    assert heard(started(), dev.TurnProgress(1, 2, 9, ())).first_ms == 0


def test_a_turn_from_outside_is_marked() -> None:
    """The page has a word for what came through the tunnel."""
    assert heard(started(tunneled=True)).as_json()["tunneled"]
    assert not heard(started()).tunneled


def test_a_call_is_with_its_turn() -> None:
    turn = heard(
        started(),
        dev.UpstreamStarted(7, "m-1", "GPT", "mock", 0),
        dev.UpstreamEnded(7, "m-1", "GPT", "mock", 5, 40, 1.0),
    )
    (call,) = turn.calls
    assert (call.bot, call.mode, call.events, call.to_ms) == ("GPT", "mock", 5, 0.0)


NOTES = [
    (dev.LogLine("printed", "stdout", 1), "print", "printed"),
    (dev.BotRaised(1, "KeyError: 1", "traceback", "main.py:3"), "raised", "KeyError: 1"),
    (dev.ViolationSeen(1, "no-done", "error", "detail", "fix"), "rule", "detail"),
    (dev.Stalled(900, "main.py", 5, "f", 1, "time.sleep"), "stall", "time.sleep"),
    (dev.Advice("message", "why", "hint", message_id="m-1"), "advice", "message"),
    (dev.FaultRehearsed("cut", fault="cut", message_id="m-1"), "fault", "cut"),
    (dev.CostRequested("m-1", "capture", 5, 95, ok=True), "capture", ""),
]


@pytest.mark.parametrize(("event", "kind", "text"), NOTES, ids=[kind for _, kind, _ in NOTES])
def test_what_happened_is_noted_with_its_turn(event: dev.DevEvent, kind: str, text: str) -> None:
    (note,) = heard(started(), event).notes
    assert (note["kind"], note["text"]) == (kind, text)


def test_a_stall_that_is_told_after_its_turn_is_with_it() -> None:
    (note,) = heard(started(), ended(), dev.Stalled(900, "main.py", 5, "f", 0)).notes
    assert note["place"] == "main.py:5"


def test_a_stall_that_goes_on_is_one() -> None:
    stalls = [dev.Stalled(ms, "main.py", 5, "f", 1) for ms in (5000, 5100)]
    (note,) = heard(started(), *stalls).notes
    assert note["ms"] == 5100


OTHERS = [
    dev.LogLine("at import", "stdout", None),
    dev.LogLine("of an old turn", "stdout", 99),
    dev.Advice("of no turn"),
    dev.UpstreamEnded(9, "m-9", "GPT", "mock", 1, 1, 1.0),
    dev.TurnEnded(5, "settings", 1, 200, 0, 0, 1, 0, None, 1.0),
]


@pytest.mark.parametrize("event", OTHERS)
def test_what_belongs_to_no_turn_changes_none(event: dev.DevEvent) -> None:
    changed: list[TurnView] = []
    views = TurnViews(changed.append)
    views.hear(started())
    changed.clear()
    views.hear(event)
    assert changed == []


def test_of_the_turns_that_are_over_the_newest_are_kept() -> None:
    """One that runs is kept too: its end is still to be told."""
    views = TurnViews(lambda _turn: None)
    views.hear(started(1))
    for number in range(2, MOST_TURNS + 12):
        views.hear(started(number))
        views.hear(ended(number))
    views.hear(started(MOST_TURNS + 12))
    numbers = [turn.number for turn in views.all]
    assert (numbers[:2], len(numbers)) == ([1, 14], MOST_TURNS)


def test_a_turn_that_was_only_counted_is_not_shown() -> None:
    views = TurnViews(lambda _turn: None)
    views.hear(started(examined=False))
    assert views.all == []
