"""Events and their frames."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.protocol import events as ev
from poecli.protocol.events import event_from_frame, event_name, frame_from_event
from poecli.protocol.sse import Frame

# (name on the wire, data, event)
READ = [
    pytest.param("meta", {}, ev.Meta(), id="meta-defaults"),
    pytest.param(
        "meta",
        {
            "content_type": "text/plain",
            "suggested_replies": True,
            "linkify": True,
            "refetch_settings": True,
            "index": 2,
        },
        ev.Meta("text/plain", suggested_replies=True, linkify=True, refetch_settings=True, index=2),
        id="meta-full",
    ),
    pytest.param("meta", {"content_type": "x/y"}, ev.Meta("x/y"), id="meta-unknown-type"),
    pytest.param("text", {"text": "a"}, ev.Text("a"), id="text"),
    pytest.param("text", {"text": "a", "index": 0, "new": 1}, ev.Text("a", 0), id="text-index"),
    pytest.param("text", {"text": "a", "index": True}, ev.Text("a"), id="index-true"),
    pytest.param("text", {"text": "a", "index": -1}, ev.Text("a"), id="index-below-0"),
    pytest.param("text", {"text": "a", "index": "1"}, ev.Text("a"), id="index-text"),
    pytest.param("replace_response", {"text": ""}, ev.ReplaceResponse(""), id="replace"),
    pytest.param("suggested_reply", {"text": "a"}, ev.SuggestedReply("a"), id="suggested"),
    pytest.param(
        "file",
        {"url": "u", "content_type": "c", "name": "n", "inline_ref": "r"},
        ev.File("u", "c", "n", "r"),
        id="file",
    ),
    pytest.param(
        "file",
        {"url": "u", "content_type": "c", "name": "n", "inline_ref": None},
        ev.File("u", "c", "n"),
        id="file-not-inline",
    ),
    pytest.param("data", {"metadata": "{}"}, ev.Data("{}"), id="data"),
    pytest.param("json", {"choices": []}, ev.Json({"choices": []}), id="json"),
    pytest.param("error", {}, ev.Error(), id="error-empty"),
    pytest.param(
        "error",
        {"text": "t", "allow_retry": False, "error_type": "x", "raw_response": [1], "index": 1},
        ev.Error("t", allow_retry=False, error_type="x", raw_response=[1], index=1),
        id="error-full",
    ),
    pytest.param(
        "error",
        {"text": 5, "allow_retry": None, "error_type": {}},
        ev.Error(),
        id="error-with-odd-fields",
    ),
    pytest.param("done", {}, ev.Done(), id="done"),
    pytest.param("done", {"index": 3}, ev.Done(3), id="done-index"),
    pytest.param("ping", {"x": 1}, ev.Ping(), id="ping"),
]


@pytest.mark.parametrize(("name", "data", "event"), READ)
def test_a_frame_is_read(name: str, data: dict[str, Any], event: ev.Event) -> None:
    """Each event is read with its fields, defaults and index; unknown keys pass."""
    assert event_from_frame(Frame(name, json.dumps(data))) == event
    assert event_from_frame(Frame(name, f" {json.dumps(data)}\n")) == event


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param("text", "", "not JSON", id="no-data"),
        pytest.param("text", "{", "not JSON", id="cut"),
        pytest.param("text", '{"text": "a"} x', "not JSON", id="more-behind"),
        pytest.param("text", "[" * 100_000, "not JSON", id="too-deep"),
        pytest.param("text", '"a"', "not a JSON object", id="a-string"),
        pytest.param("text", "null", "not a JSON object", id="null"),
        pytest.param("text", "{}", "'text' is missing", id="no-text"),
        pytest.param("text", '{"text": 1}', "'text' is not a string", id="number-as-text"),
        pytest.param("text", '{"text": null}', "'text' is not a string", id="null-as-text"),
        pytest.param("replace_response", "{}", "'text' is missing", id="replace"),
        pytest.param("suggested_reply", "{}", "'text' is missing", id="suggested"),
        pytest.param("file", '{"url": "u"}', "'content_type' is missing", id="file"),
        pytest.param("data", "{}", "'metadata' is missing", id="data"),
        pytest.param("data", '{"metadata": {}}', "'metadata' is not a string", id="data-object"),
        pytest.param("meta", '{"content_type": 1}', "'content_type' is not", id="meta-type"),
        pytest.param("meta", '{"linkify": 1}', "'linkify' is not true or false", id="meta-flag"),
        pytest.param("done", "", "not JSON", id="done-without-json"),
        pytest.param("json", "[]", "not a JSON object", id="json-list"),
        pytest.param("error", "oops", "not JSON", id="error"),
    ],
)
def test_unusable_data_is_malformed(name: str, data: str, reason: str) -> None:
    """Data that can't be used never raises: the event says why and keeps the data."""
    event = event_from_frame(Frame(name, data))
    assert isinstance(event, ev.Malformed)
    assert (event.event, event.data) == (name, data)
    assert reason in event.reason


def test_a_malformed_event_keeps_its_index() -> None:
    """Of which answer an unusable event was is still told."""
    event = event_from_frame(Frame("text", '{"index": 4}'))
    assert event.index == 4


def test_an_unknown_event_passes_as_it_is() -> None:
    """An event without a known name keeps name and data, JSON or not."""
    assert event_from_frame(Frame("new", "x")) == ev.Unknown("new", "x")


@given(st.text(), st.text())
def test_any_frame_is_some_event(name: str, data: str) -> None:
    """Reading never raises."""
    event_from_frame(Frame(name, data))
    event_from_frame(Frame("text", data))


WRITTEN = [
    ev.Meta("text/plain", suggested_replies=True, linkify=True, refetch_settings=True),
    ev.Text("grüß\n👍", 1),
    ev.ReplaceResponse("a"),
    ev.SuggestedReply("a"),
    ev.File("u", "c", "n", "r", 0),
    ev.File("u", "c", "n"),
    ev.Data("x"),
    ev.Json({"choices": [{"delta": {}}]}),
    ev.Error("t", allow_retry=False, error_type="insufficient_fund", raw_response="r"),
    ev.Error(),
    ev.Done(),
    ev.Ping(),
    ev.Unknown("new", "x"),
    ev.Malformed("text", "{}", "the field 'text' is missing"),
]


@pytest.mark.parametrize("event", WRITTEN, ids=lambda event: type(event).__name__)
def test_a_written_event_is_read_back(event: ev.Event) -> None:
    """Every event survives its frame, and has the name the frame has."""
    frame = frame_from_event(event)
    assert event_from_frame(frame) == event
    assert event_name(event) == frame.event


def test_absent_fields_are_left_out() -> None:
    """A file without inline_ref and an error without words don't send nulls."""
    assert json.loads(frame_from_event(ev.File("u", "c", "n")).data) == {
        "url": "u",
        "content_type": "c",
        "name": "n",
    }
    assert json.loads(frame_from_event(ev.Error()).data) == {"allow_retry": True}
    assert json.loads(frame_from_event(ev.Json({"a": 1}, 2)).data) == {"a": 1, "index": 2}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param(ev.Text("a", -1), "index", id="index"),
        pytest.param(ev.Meta("text/html"), "content_type", id="content-type"),
        pytest.param(ev.Error(error_type="odd"), "error_type", id="error-type"),
        pytest.param(ev.File("", "c", "n"), "url", id="file-without-url"),
        pytest.param(ev.File("u", "c", ""), "name", id="file-without-name"),
        pytest.param(ev.Json({"a": float("nan")}), "not JSON compliant", id="nan"),
        pytest.param(ev.Json({"a": {1}}), "`json` is not JSON", id="not-json"),
    ],
)
def test_what_poe_could_not_use_is_not_written(event: ev.Event, reason: str) -> None:
    """Writing is strict."""
    with pytest.raises(ValueError, match=reason):
        frame_from_event(event)
