"""The dialects of /v1 without a server: any body, and any answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poecli.emulator import refusals
from poecli.emulator.routes.v1 import chat_body, message_body, response_body
from poecli.emulator.routes.v1.chat_completions import ChatCompletions
from poecli.emulator.routes.v1.dialect import AnswerWriter, Dialect, Pieces, pieces_of
from poecli.emulator.routes.v1.kept_responses import KeptResponses
from poecli.emulator.routes.v1.messages import Messages
from poecli.emulator.routes.v1.rate_limit import RateLimit
from poecli.emulator.routes.v1.responses import Responses
from poecli.emulator.routes.wire import Refused
from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from poecli.protocol.requests import BadRequest
from poecli.protocol.sse import Frame

CHAT, RESPONSES, MESSAGES = ChatCompletions(), Responses(KeptResponses()), Messages(list)
HEADERS = {"anthropic-version": "2023-06-01"}
HELLO = {"messages": [{"role": "user", "content": "hello"}]}
BODIES: dict[Dialect, dict[str, Any]] = {
    CHAT: {"model": "Some-Bot", **HELLO},
    RESPONSES: {"model": "Some-Bot", "input": "hello"},
    MESSAGES: {"model": "claude-x", "max_tokens": 9, **HELLO},
}
FIELDS: dict[Dialect, frozenset[str]] = {
    CHAT: chat_body.FIELDS,
    RESPONSES: response_body.FIELDS,
    MESSAGES: message_body.FIELDS,
}
BY_PATH = pytest.mark.parametrize("dialect", BODIES, ids=lambda dialect: dialect.path)

FEW = settings(max_examples=30)  # each finds its mistakes within ten

# --- any body ---

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.unmeasured
@BY_PATH
@FEW
@given(data=st.data())
def test_whatever_a_field_holds_it_is_read_or_refused(
    data: st.DataObject, dialect: Dialect
) -> None:
    """Any JSON in any field; no other error leaves a reader."""
    names = st.sampled_from(sorted(FIELDS[dialect]))
    changes = data.draw(st.dictionaries(names, ANYTHING, max_size=3))
    with suppress(BadRequest, Refused):
        asked = dialect.read({**BODIES[dialect], **changes}, HEADERS)
        assert json.dumps(asked.writer.whole())


# --- any answer ---


def call_delta(index: int, **values: Any) -> ev.Json:
    return ev.Json(
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, **values}]}}]}
    )


def call_events(index: int, arguments: list[str]) -> list[ev.Event]:
    function = {"name": f"tool_{index}", "arguments": ""}
    first = call_delta(index, id=f"call_{index}", type="function", function=function)
    return [first, *(call_delta(index, function={"arguments": piece}) for piece in arguments)]


def flat(parts: Iterable[list[ev.Event]]) -> list[ev.Event]:
    return [event for part in parts for event in part]


TEXTS = st.lists(st.text(max_size=8).map(ev.Text), max_size=4)
CALLS = st.lists(st.lists(st.text(max_size=8), max_size=3), max_size=3).map(
    lambda calls: flat(call_events(index, pieces) for index, pieces in enumerate(calls))
)
ANSWERS = st.tuples(TEXTS, CALLS).map(lambda parts: [*parts[0], *parts[1], ev.Done()])


def writer_of(dialect: Dialect) -> AnswerWriter:
    return dialect.read(BODIES[dialect], HEADERS).writer


def streamed(writer: AnswerWriter, answer: list[ev.Event]) -> list[Frame]:
    """All frames of a streamed answer."""
    pieces = Pieces()
    frames = writer.begin()
    for event in answer:
        for piece in pieces.of(event):
            frames += writer.add(piece)
    return frames + writer.end()


def written_whole(writer: AnswerWriter, answer: list[ev.Event]) -> dict[str, Any]:
    """The object of an answer that was waited for."""
    reply = Reply()
    for event in answer:
        reply.feed(event)
    for piece in pieces_of(reply):
        writer.add(piece)
    writer.end()
    return writer.whole()


def lasting(value: Any) -> Any:
    """Without what is made anew for each answer."""
    if isinstance(value, dict):
        passing = ("id", "created", "created_at", "completed_at")
        return {key: lasting(part) for key, part in value.items() if key not in passing}
    return [lasting(part) for part in value] if isinstance(value, list) else value


@BY_PATH
@FEW
@given(answer=ANSWERS)
def test_a_stream_amounts_to_the_whole_answer(answer: list[ev.Event], dialect: Dialect) -> None:
    """Text, calls, reason and usage, whatever the pieces were."""
    in_pieces = writer_of(dialect)
    streamed(in_pieces, answer)

    assert lasting(in_pieces.whole()) == lasting(written_whole(writer_of(dialect), answer))


@BY_PATH
@FEW
@given(answer=ANSWERS)
def test_every_frame_says_its_kind(answer: list[ev.Event], dialect: Dialect) -> None:
    """Data is JSON, and of a typed event the `type` in it is the event's own name."""
    frames = [frame for frame in streamed(writer_of(dialect), answer) if frame.data != "[DONE]"]

    kinds = [json.loads(frame.data).get("type", "message") for frame in frames]
    assert kinds == [frame.event for frame in frames]


@FEW
@given(answer=ANSWERS)
def test_the_events_of_a_response_are_numbered_and_closed(answer: list[ev.Event]) -> None:
    """Each number once, every item that is added is done, and the last holds them all."""
    events = [json.loads(frame.data) for frame in streamed(writer_of(RESPONSES), answer)]

    added = [e["output_index"] for e in events if e["type"] == "response.output_item.added"]
    done = [e["item"] for e in events if e["type"] == "response.output_item.done"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert added == list(range(len(added)))
    assert done == events[-1]["response"]["output"]


@FEW
@given(answer=ANSWERS)
def test_the_blocks_of_a_message_do_not_overlap(answer: list[ev.Event]) -> None:
    """Each is started, added to and stopped before the next."""
    events = [json.loads(frame.data) for frame in streamed(writer_of(MESSAGES), answer)]

    places = [event["index"] for event in events if "index" in event]
    starts = [e["index"] for e in events if e["type"] == "content_block_start"]
    stops = [e["index"] for e in events if e["type"] == "content_block_stop"]
    assert places == sorted(places)
    assert starts == stops == list(range(len(starts)))


@BY_PATH
def test_a_stream_that_breaks_off_says_why(dialect: Dialect) -> None:
    """The words of the refusal stand in its last frame."""
    (frame,) = writer_of(dialect).fail(refusals.RATE_LIMITED)

    assert refusals.RATE_LIMITED.text in frame.data


# --- what is kept between requests ---


def test_kept_responses_are_bounded_by_their_size() -> None:
    """The oldest go first; a conversation that lost its beginning is not found."""
    kept = KeptResponses(characters=300, responses=100)
    kept.keep("a", "", ["x" * 100])
    kept.keep("b", "a", ["y" * 100])
    assert kept.conversation("b") == ["x" * 100, "y" * 100]
    kept.keep("c", "", ["z" * 100])

    assert kept.conversation("a") is None
    assert kept.conversation("b") is None
    assert kept.conversation("c") == ["z" * 100]


def test_kept_responses_are_bounded_by_their_number() -> None:
    """Also when they hold next to nothing; one that is gone on from counts as new."""
    kept = KeptResponses(characters=1000, responses=2)
    kept.keep("a", "", [1])
    kept.keep("b", "", [2])
    kept.conversation("a")
    kept.keep("c", "", [3])

    assert [kept.conversation(name) for name in "abc"] == [[1], None, [3]]


def test_requests_are_counted_by_the_minute() -> None:
    """As the headers of Poe's documents say; below zero there is nothing to count."""
    times = iter([0.0, 10.5, 60.0, *[60.5] * 600])
    limit = RateLimit(lambda: next(times))
    remaining, reset = "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"

    counted = [limit.count() for _ in range(503)]
    assert [(c[remaining], c[reset]) for c in counted[:3]] == [
        ("499", "60"),
        ("498", "50"),
        ("499", "60"),
    ]
    assert counted[-1][remaining] == "0"
