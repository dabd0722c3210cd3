"""Dependencies are enforced for each user message, and the author is told the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from poecli.dev_events import DependencyUnused
from poecli.emulator.state.turns import Turns, UserTurn

CALLS: list[tuple[str, Mapping[str, int] | None, Sequence[str], str | None]] = [
    ("unknown settings", None, ["A"] * 3, None),
    ("as declared", {"A": 2}, ["A", "A"], None),
    ("undeclared", {}, ["A"], '{"A": 1}'),
    ("undeclared beside others", {"B": 1}, ["B", "A"], '{"B": 1, "A": 1}'),
    ("one too many", {"A": 1}, ["A", "A"], '{"A": 2}'),
    ("any bot", {"any": 2}, ["A", "A", "B", "B"], None),
    ("any bot, too often", {"any": 1}, ["A", "B", "A"], '{"any": 1, "A": 2}'),
    ("any bot, and one by name", {"any": 1, "A": 2}, ["A", "A", "B"], None),
    ("a wildcard of another kind", {"*": 1}, ["A"], '{"*": 1, "A": 1}'),
    ("quotes in a name", {}, ['A "x"'], r'{"A \"x\"": 1}'),
    ("more than Poe allows", {"A": 1000}, ["A"] * 101, '{"A": 1000}'),
]


@pytest.mark.parametrize(
    ("declared", "calls", "line"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS]
)
def test_a_call_is_let_through_or_refused(
    declared: Mapping[str, int] | None, calls: Sequence[str], line: str | None
) -> None:
    """All calls but the last pass; the last is refused with the line to add, or passes too."""
    turns = Turns()
    turn = UserTurn("Bot", "m-1", "q-1", declared)
    turns.begin(turn)

    *before, last = [turns.admit(turn, call) for call in calls]

    assert before == [None] * len(before)
    assert (last and last.hint) == (
        line and f"return fp.SettingsResponse(server_bot_dependencies={line})"
    )


def test_a_near_name_is_named() -> None:
    """A slip in the name of a bot is the likeliest reason."""
    turns = Turns()
    turn = UserTurn("Bot", "m-1", "q-1", {"GPT-3.5-Turbo": 1})
    turns.begin(turn)

    refused = turns.admit(turn, "gpt-3.5-turbo")

    assert refused
    assert "They declare GPT-3.5-Turbo." in refused.message


def test_each_message_has_its_own_calls() -> None:
    """A second message, and the same message sent again, start from nothing."""
    turns = Turns()
    first, second = (UserTurn("Bot", f"m-{n}", f"q-{n}", {"A": 1}) for n in (1, 2))
    for turn in (first, second, first):
        turns.begin(turn)
        assert turns.admit(turn, "A") is None


def test_a_call_that_poe_failed_is_not_counted() -> None:
    """fastapi_poe asks again after Poe's own failure, and may."""
    turns = Turns()
    turn = UserTurn("Bot", "m-1", "q-1", {"A": 1})
    turns.begin(turn)

    turns.admit(turn, "A")
    turns.release(turn, "A")

    assert turns.admit(turn, "A") is None


def test_a_turn_is_found_by_either_id() -> None:
    """A body carries one id or the other, or belongs to a script."""
    turns = Turns()
    turn = UserTurn("Bot", "m-1", "q-1")
    turns.begin(turn)

    assert turns.find(message_id="m-1") is turn
    assert turns.find(message_id="", bot_query_id="q-1") is turn
    assert turns.find(message_id="", bot_query_id="") is None


def test_over_declared_bots_are_listed_once() -> None:
    """The author reads it at the first turn, and not at every turn after it."""
    turns = Turns()
    told: list[DependencyUnused] = []
    for n in range(3):
        turn = UserTurn("Bot", f"m-{n}", f"q-{n}", {"A": 2, "B": 1})
        turns.begin(turn)
        turns.admit(turn, "A")
        turns.admit(turn, "B")
        told += turns.end(turn.message_id)

    assert [(e.message_id, e.bot, e.upstream, e.declared, e.made) for e in told] == [
        ("m-0", "Bot", "A", 2, 1)
    ]


def test_a_call_that_poe_failed_is_not_one_that_was_never_made() -> None:
    """The bot made what it declared; a later turn without any call still is told of."""
    turns = Turns()
    for message_id in ("m-0", "m-1"):
        turns.begin(turn := UserTurn("Bot", message_id, "", {"A": 1}))
        if message_id == "m-0":
            turns.admit(turn, "A")
            turns.release(turn, "A")
            assert turns.end(message_id) == []

    assert [told.made for told in turns.end("m-1")] == [0]


def test_any_bot_is_not_missed() -> None:
    """A wildcard names no bot that could have been called."""
    turns = Turns()
    turns.begin(UserTurn("Bot", "m-1", "q-1", {"any": 2}))
    assert turns.end("m-1") == []


def test_turns_long_past_are_forgotten() -> None:
    """Memory does not grow with the number of turns."""
    turns = Turns()
    for n in range(10_000):
        turns.begin(UserTurn("Bot", f"m-{n}", f"q-{n}", {}))

    assert turns.find(message_id="m-0", bot_query_id="q-0") is None
    assert turns.find(message_id="m-9999") is not None
    assert {len(kept) for kept in vars(turns).values()} == {0, 512}
