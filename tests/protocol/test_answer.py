"""An answer is read the same in one go, in pieces, and event by event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.protocol.answer import AnswerReader, EventReader


def frame(event: str, data: object) -> bytes:
    """A frame as fastapi_poe's server writes it."""
    return f"event: {event}\r\ndata: {json.dumps(data)}\r\n\r\n".encode()


DONE = frame("done", {})
TEXT = frame("text", {"text": "a"})
ANSWERS = [
    ("text", frame("text", {"text": "hi"}) + DONE),
    ("escapes", frame("text", {"text": 'a"\\\n\té\u2028\U0001f44b'}) + DONE),
    ("pieces", b"".join(frame("text", {"text": f"{n} "}) for n in range(50)) + DONE),
    ("half a character", b'event: text\r\ndata: {"text": "\\ud83d"}\r\n\r\n' + DONE),
    ("a pair over two", b'event: text\r\ndata: {"text": "\\ud83d"}\r\n\r\nevent: text\r\n'
     b'data: {"text": "\\udc4b"}\r\n\r\n' + DONE),
    ("empty texts", frame("text", {"text": ""}) + frame("text", {"text": ""}) + DONE),
    ("meta first", frame("meta", {"content_type": "text/plain"}) + TEXT + DONE),
    ("after done", frame("text", {"text": "a"}) + DONE + DONE),
    ("no done", frame("text", {"text": "a"})),
    ("only done", DONE),
    ("an error", frame("error", {"text": "no"}) + DONE),
    ("broken", b'event: text\r\ndata: {"text": \r\n\r\n' + DONE),
    ("an index", frame("text", {"text": "a", "index": 1}) + DONE),
    ("too much text", frame("text", {"text": "x" * 60_000}) * 2 + DONE),
    ("too large", b"data: " + b"x" * 9_000_000),
    ("nothing", b""),
]  # fmt: skip


def facts(reader: AnswerReader) -> dict[str, object]:
    """All that anybody asks of a reader, once its answer has ended."""
    reader.end()
    reply = reader.reply
    return {
        "text": reply.text,
        "events": reply.event_count,
        "characters": reply.characters,
        "files": reply.files,
        "error": reply.error,
        "violations": [(v.rule, v.detail) for v in reader.violations],
    }


def in_pieces(answer: bytes, size: int) -> AnswerReader:
    reader = AnswerReader()
    for start in range(0, len(answer), size):
        reader.feed(answer[start : start + size])
    return reader


@pytest.mark.parametrize("answer", [a[1] for a in ANSWERS], ids=[a[0] for a in ANSWERS])
def test_a_whole_answer_is_read_as_its_pieces_are(answer: bytes) -> None:
    """Text, numbers, files, error and violations are the same whichever way it is read."""
    whole = AnswerReader()
    whole.read_whole(answer)
    assert facts(whole) == facts(in_pieces(answer, 16 * 1024))


@given(st.lists(st.text()), st.integers(1, 64))
def test_any_texts_are_read_the_same(texts: list[str], size: int) -> None:
    """Also characters outside of Unicode's planes, quotes, line ends and nothing at all."""
    answer = b"".join(frame("text", {"text": text}) for text in texts) + DONE
    whole = AnswerReader()
    whole.read_whole(answer)
    assert facts(whole) == facts(in_pieces(answer, size))


def test_an_event_too_large_is_malformed_and_ends_the_reading() -> None:
    """In one place for all who read answers."""
    reader = AnswerReader()
    reader.feed(b"data: " + b"x" * 9_000_000)
    assert reader.feed(TEXT) == []
    assert [violation.rule for violation in reader.violations] == ["malformed-event"]
    assert reader.too_large is not None


def test_the_first_event_has_the_time_it_came_with() -> None:
    """A ping, and an event that is still incomplete, say nothing yet."""
    reader = EventReader()
    reader.feed(frame("ping", {}) + TEXT[:5], 1.0)
    assert (reader.first_at, reader.pending) == (None, True)
    reader.feed(TEXT[5:], 2.0)
    reader.feed(TEXT, 3.0)
    assert (reader.first_at, reader.pending) == (2.0, False)


FILE = {"url": "https://files.example/a", "content_type": "text/plain", "name": "a"}
REPLIES = ["suggested-replies-ignored", "too-many-events", "empty-answer"]
FLOODS = [
    # what comes again and again, how often, what is kept of it, the rules it breaks
    ("text", frame("text", {"text": "x" * 50_000}), 100, 450_000, ["too-much-text"]),
    ("small texts", frame("text", {"text": "x"}), 50_000, 40_000, ["too-many-events"]),
    ("replies", frame("suggested_reply", {"text": "x"}), 50_000, 40_000, REPLIES),
    ("files", frame("file", FILE), 50_000, 40_000, ["too-many-files", "too-many-events"]),
]


@pytest.mark.parametrize(
    ("piece", "count", "most", "rules"),
    [flood[1:] for flood in FLOODS],
    ids=[flood[0] for flood in FLOODS],
)
def test_an_answer_without_end_is_counted_and_not_kept(
    piece: bytes, count: int, most: int, rules: list[str]
) -> None:
    """A bot in an endless loop fills no memory; what it broke is said once, its end is seen."""
    reader = AnswerReader()
    for _ in range(count):
        reader.feed(piece)
    reader.feed(DONE)
    reader.end()

    reply = reader.reply
    kept = len(reply.text) + len(reply.suggested_replies) + len(reply.files)
    assert (reply.event_count, reply.done) == (count + 1, True)
    assert kept == most
    assert [violation.rule for violation in reader.violations] == rules


def test_all_characters_are_counted_of_an_answer_without_end() -> None:
    """Also those that are not kept."""
    reader = AnswerReader()
    for _ in range(100):
        reader.feed(frame("text", {"text": "x" * 50_000}))
    assert (reader.reply.characters, len(reader.reply.text)) == (5_000_000, 450_000)
