"""Two answers held against each other: over data alone, nothing is asked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.conformance.replays.like import Expectations
from poecli.conformance.replays.replayed import Replayed, Tally, times
from poecli.conformance.results import Outcome
from poecli.protocol.sse import Frame
from poecli.turns.comparison import Difference, differences, time_ratio
from poecli.turns.kept import KeptAnswer, KeptCall, KeptCost, KeptFile, KeptTurn, RecordedEvent
from poecli.turns.words import word_diff
from tests.scripted import DONE, event, text

MESSAGE = {"role": "user", "content": "Hi", "message_id": "m-1"}
URL = "http://127.0.0.1:{port}/_poe/files/{id}/a.txt"
FIRST, SECOND = URL.format(port=8080, id="a" * 32), URL.format(port=9, id="b" * 32)


def body(*events: bytes) -> str:
    return b"".join((*events, DONE)).decode()


def file(url: str = FIRST, name: str = "a.txt", kind: str = "text/plain") -> bytes:
    return event("file", {"url": url, "name": name, "content_type": kind})


FRIEND = body(text("Hello, dear friend"))


def turn(answer: str | KeptAnswer = FRIEND, **changes: Any) -> KeptTurn:
    values: dict[str, Any] = {
        "number": 1,
        "id": "a-1",
        "at_ms": 1,
        "bot": "Bot",
        "request": {"type": "query", "query": [MESSAGE]},
        "answer": KeptAnswer(answer, total_ms=10.0) if isinstance(answer, str) else answer,
        **changes,
    }
    return KeptTurn(**values)


def call(bot: str, said: str = "Hi", at_ms: float = 1.0) -> KeptCall:
    asked = {"type": "query", "query": [{**MESSAGE, "content": said}], "message_id": f"m-{at_ms}"}
    events = (RecordedEvent(1.0, Frame("done", "{}")),)
    return KeptCall(bot, "mock", asked, events, at_ms)


def stored(url: str, data: bytes) -> tuple[KeptFile, ...]:
    return (KeptFile(url, "a.txt", "text/plain", data),)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a b c", "a b c", ""),
        ("a b c", "a x c", "a [-b-]{+x+} c"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("one, two", "one; two", "one[-,-]{+;+} two"),
        ("1 2 3 4 5 6 7 8 9 x", "1 2 3 4 5 6 7 8 9 y", "…7 8 9 [-x-]{+y+}"),
        ("x 1 2 3 4 5 6 7 8 9", "y 1 2 3 4 5 6 7 8 9", "[-x-]{+y+} 1 2 3…"),
    ],
)
def test_a_change_is_shown_word_by_word(before: str, after: str, shown: str) -> None:
    """What stands far from it is left out."""
    assert word_diff(before, after) == shown


def test_of_two_texts_one_is_too_long_for_words() -> None:
    """Then both are cut into lines, and what they have in common stays."""
    line = "a b\n"

    shown = word_diff(line * 999, f"{line * 1000}c d\n")

    assert shown == f"…{line * 6}{{+{line}c d\n+}}"


@given(st.text(), st.text())
def test_a_diff_is_empty_for_the_same_text_alone(before: str, after: str) -> None:
    """Whatever the two hold."""
    assert (word_diff(before, after) == "") == (before == after)


SAME = [
    pytest.param(turn(), turn(), id="the same bytes"),
    pytest.param(
        turn(), turn(body(text("Hello, "), text("dear friend"))), id="cut into other pieces"
    ),
    pytest.param(
        turn(body(file(FIRST)), stored=stored(FIRST, b"x")),
        turn(body(file(SECOND)), stored=stored(SECOND, b"x")),
        id="a file uploaded anew",
    ),
    pytest.param(
        turn(body(text(f"see {FIRST}"))),
        turn(body(text(f"see {SECOND}"))),
        id="the URL of such a file in the text",
    ),
    pytest.param(
        turn(calls=(call("A", at_ms=1), call("B", at_ms=2))),
        turn(calls=(call("B", at_ms=5), call("A", at_ms=9))),
        id="calls at once, ended the other way round",
    ),
    pytest.param(
        turn(KeptAnswer(text("Hello").decode(), hung_up=True)),
        turn(),
        id="stopped by its reader",
    ),
]


@pytest.mark.parametrize(("kept", "seen"), SAME)
def test_what_a_run_makes_anew_is_no_difference(kept: KeptTurn, seen: KeptTurn) -> None:
    """Ids, ports, pieces and the order in which parallel calls end."""
    assert differences(kept, seen) == []


DIFFERENT = [
    pytest.param(
        turn(),
        turn(body(text("Hello, dear foe"))),
        [Difference("text", "Hello, dear [-friend-]{+foe+}")],
        id="a word",
    ),
    pytest.param(
        turn(),
        turn(body(event("meta", {"content_type": "text/plain"}), text("Hello, dear friend"))),
        [Difference("events", "{+meta +}text done")],
        id="an event more",
    ),
    pytest.param(
        turn(body(text("a"), event("data", {"metadata": "1"}))),
        turn(body(text("a"), event("data", {"metadata": "2"}))),
        [
            Difference(
                "data", '{"index": null, "metadata": "2"}, not {"index": null, "metadata": "1"}'
            )
        ],
        id="what an event says",
    ),
    pytest.param(
        turn(body(file()), stored=stored(FIRST, b"x")),
        turn(body(file(SECOND)), stored=stored(SECOND, b"y")),
        [Difference("files", "a.txt has other bytes")],
        id="the bytes of a file",
    ),
    pytest.param(
        turn(body(file())),
        turn(body(file(name="b.txt"))),
        [Difference("files", "['b.txt'], not ['a.txt']")],
        id="the name of a file",
    ),
    pytest.param(
        turn(calls=(call("A"),)),
        turn(calls=(call("A"), call("A", at_ms=3), call("B", at_ms=4))),
        [
            Difference("calls", "A was asked 2 times, not 1"),
            Difference("calls", "B was asked 1 times, not 0"),
        ],
        id="calls more",
    ),
    pytest.param(
        turn(costs=(KeptCost("capture", 5, ok=True),)),
        turn(costs=(KeptCost("authorize", 9, ok=True), KeptCost("capture", 5, ok=False))),
        [Difference("costs", "authorize 9, capture 5 refused; was capture 5")],
        id="costs",
    ),
    pytest.param(
        turn(KeptAnswer(text("Hello!").decode(), hung_up=True)),
        turn(),
        [Difference("text", "Hello[-!-]{+,+}")],
        id="the beginning of a stopped one",
    ),
]


@pytest.mark.parametrize(("kept", "seen", "expected"), DIFFERENT)
def test_each_difference_is_named(
    kept: KeptTurn, seen: KeptTurn, expected: list[Difference]
) -> None:
    """Once each, with both sides."""
    assert differences(kept, seen) == expected


def test_a_call_that_asks_otherwise_shows_the_words() -> None:
    """The bots and their number are the same; what they were asked is not."""
    found = differences(turn(calls=(call("A", "Hi"),)), turn(calls=(call("A", "Ho"),)))

    assert [difference.what for difference in found] == ["calls"]
    assert "A was asked otherwise" in found[0].detail
    assert "[-Hi-]{+Ho+}" in found[0].detail


def test_an_error_in_place_of_an_answer() -> None:
    """Text, error and events are three things."""
    broken = turn(body(event("error", {"text": "no", "allow_retry": False})))

    assert [one.what for one in differences(turn(), broken)] == ["text", "error", "events"]


@pytest.mark.parametrize(
    ("before", "after", "details"),
    [
        (None, {"text": "no"}, ["no, not nothing"]),
        ({"text": "no", "allow_retry": False}, None, ["nothing, not no"]),
        ({"allow_retry": False}, None, ["nothing, not an error without a text"]),
        (
            {"text": "no", "allow_retry": False},
            {"text": "never"},
            ["text is never, not no", "allow_retry is True, not False"],
        ),
    ],
)
def test_of_an_error_is_shown_what_differs(
    before: dict[str, Any] | None, after: dict[str, Any] | None, details: list[str]
) -> None:
    """In words: the error's text, or the fields that are others now."""
    old, new = (turn(body(event("error", error))) if error else turn() for error in (before, after))

    found = [one.detail for one in differences(old, new) if one.what == "error"]
    assert found == details


def test_time_is_told_as_a_share() -> None:
    """And says nothing where the old one is unknown."""
    slow = turn(KeptAnswer("", total_ms=25.0))
    unknown = turn(KeptAnswer(""))

    assert (time_ratio(turn(), slow), time_ratio(unknown, slow)) == (2.5, None)


def test_like_compares_what_a_test_names(tmp_path: Path) -> None:
    """A turn is held against the [[turn]] with its words; another says nothing."""
    chat = tmp_path / "a.chat.toml"
    chat.write_text('[[turn]]\nuser = "Hi"\n[turn.expect]\ntext.contains = "dear"\n')
    other = turn(request={"type": "query", "query": [{**MESSAGE, "content": "Bye"}]})
    expectations = Expectations([chat])

    assert expectations.differences(turn(body(text("my dear")))) == ([], "")
    lacking, _ = expectations.differences(turn(body(text("my foe"))))
    assert [one.detail for one in lacking] == ["the text does not contain 'dear': 'my foe'"]
    assert expectations.differences(other) == ([], "no [[turn]] has this text of the user")


def test_a_run_is_summed_up() -> None:
    """Each turn counts as one thing."""
    same = Replayed(1, "a-1", "Bot", "Hi", ratio=1.0)
    differs = dataclasses.replace(same, differences=(Difference("text", "x"),))
    tally = Tally()
    for replayed in (
        same,
        differs,
        dataclasses.replace(differs, accepted=True),
        dataclasses.replace(same, untested="why"),
    ):
        tally.take(replayed)
    tally.time(10, 12)

    words = "4 turns: 1 the same, 1 differs, 1 accepted, 1 not tested; 1.2 times as long as then"
    assert tally.sentence() == words
    assert differs.rule_result("poe replay 1").outcome is Outcome.FAULT


@pytest.mark.parametrize(
    ("ratio", "words"), [(12.34, "12.3"), (1.0, "1.0"), (0.1, "0.1"), (0.0312, "0.031"), (0.0, "0")]
)
def test_how_many_times_as_long_it_took(ratio: float, words: str) -> None:
    assert times(ratio) == words
