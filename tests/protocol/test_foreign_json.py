"""JSON from others becomes text and numbers that can be written anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.protocol.events import Json, Text, event_from_frame, frame_from_event
from poecli.protocol.foreign_json import loads, whole_text
from poecli.protocol.sse import Frame

TEXTS: list[tuple[str | bytes, Any]] = [
    (r'"bad \ud83d end"', "bad \ufffd end"),
    (r'"\udc4b\ud83d"', "\ufffd\ufffd"),
    (r'"\ud83d\udc4b"', "\U0001f44b"),
    (r'"\\ud83d"', r"\ud83d"),
    (r'{"\ud800": ["\ud800", {"a": "\udfff"}]}', {"\ufffd": ["\ufffd", {"a": "\ufffd"}]}),
    ("[NaN, Infinity, -Infinity, 1e999, -1e999, 1e308]", [None, None, None, None, None, 1e308]),
    ('  {"a": 1}\n', {"a": 1}),
    (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
    (b'"\xff"', "\ufffd"),
    (b'"\xed\xa0\xbd"', "\ufffd\ufffd\ufffd"),
]


@pytest.mark.parametrize(("text", "value"), TEXTS, ids=[str(text)[:24] for text, _ in TEXTS])
def test_what_no_encoding_has_is_replaced(text: str | bytes, value: Any) -> None:
    """Halves of pairs become U+FFFD, numbers that are none become null."""
    assert loads(text) == value


@pytest.mark.parametrize("text", ["", "{", "[1,]", '"a" "b"', "nul", b"\x00", "[" * 10**5])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    """Leniency ends at the grammar."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error, of no fixed words
        loads(text)


@given(st.recursive(st.text() | st.floats() | st.none(), st.lists))
def test_everything_read_can_be_written(value: Any) -> None:
    """Whatever JSON says, the value can be encoded strictly, and says the same when read again."""
    read = loads(json.dumps(value))
    written = json.dumps(read, ensure_ascii=False, allow_nan=False).encode()
    assert loads(written) == read


@given(st.text(alphabet=st.characters(categories=("Cs", "L"))))
def test_a_whole_text_can_be_encoded(text: str) -> None:
    """And is as long as it was."""
    whole = whole_text(text)
    assert len(whole) == len(text)
    assert whole.encode().decode() == whole


def test_an_event_carries_whole_text() -> None:
    """The door that every event of every bot comes through."""
    event = event_from_frame(Frame("text", r'{"text": "bad \ud83d end"}'))
    assert event == Text("bad \ufffd end")
    event = event_from_frame(Frame("json", '{"a": NaN, "b": 1e999}'))
    assert isinstance(event, Json)
    assert frame_from_event(event).data == '{"a": null, "b": null}'
