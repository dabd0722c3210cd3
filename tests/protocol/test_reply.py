"""One answer, fed event by event."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from poecli.protocol import events as ev
from poecli.protocol import limits
from poecli.protocol.reply import TRANSITIONS, Reply, State, ToolCalls, tool_arguments
from poecli.protocol.rules.catalog import RULES

FILE = ev.File("http://h/f", "image/png", "f.png")
CALL = {
    "choices": [
        {
            "delta": {
                "tool_calls": [
                    {"index": 0, "id": "c1", "type": "function", "function": {"name": "f"}}
                ]
            }
        }
    ]
}
SUGGEST = ev.Meta(suggested_replies=True)
DONE = ev.Done()


def feed(*events: ev.Event) -> tuple[Reply, list[str]]:
    """The reply, and the ids of the rules broken on the way."""
    reply = Reply()
    found = [violation.rule for event in events for violation in reply.feed(event)]
    return reply, found + [violation.rule for violation in reply.end()]


@pytest.mark.parametrize(
    ("events", "text", "files", "violations"),
    [
        pytest.param([ev.Text("a"), ev.Text("b"), DONE], "ab", 0, [], id="text"),
        pytest.param([ev.Meta(), ev.Text("a"), DONE], "a", 0, [], id="meta-first"),
        pytest.param([ev.Ping(), ev.Meta(), ev.Text("a"), DONE], "a", 0, [], id="ping-first"),
        pytest.param([ev.Text("a"), ev.ReplaceResponse("b"), DONE], "b", 0, [], id="replaced"),
        pytest.param([ev.ReplaceResponse("b"), DONE], "b", 0, [], id="replaced-nothing"),
        pytest.param(
            [ev.Text("a"), ev.ReplaceResponse("b"), ev.Text("c"), DONE], "bc", 0, [], id="go-on"
        ),
        pytest.param([FILE, DONE], "", 1, [], id="file"),
        pytest.param([ev.Error("no"), DONE], "", 0, [], id="error"),
        pytest.param([ev.Json(CALL), DONE], "", 0, [], id="tool-call"),
        pytest.param([ev.Data("x"), ev.Text("a"), DONE], "a", 0, [], id="data"),
        pytest.param(
            [ev.File("u", "c", "n", "r1"), ev.Text("see ![x][r1]"), DONE],
            "see ![x][r1]",
            1,
            [],
            id="inline-file",
        ),
        pytest.param(
            [ev.Text("a", 0), ev.Text("b", 1), ev.Text("c", 0), DONE], "ac", 0, [], id="two-answers"
        ),
        pytest.param(
            [ev.File("u", "c", "n", "r1"), ev.Error("no"), DONE], "", 1, [], id="inline-file-failed"
        ),
        # --- broken ones ---
        pytest.param([ev.Text("a")], "a", 0, ["no-done"], id="no-done"),
        pytest.param([], "", 0, ["no-done"], id="nothing"),
        pytest.param([DONE], "", 0, ["empty-answer"], id="empty"),
        pytest.param([ev.Data("x"), DONE], "", 0, ["empty-answer"], id="data-alone"),
        pytest.param([ev.Json({}), DONE], "", 0, ["empty-answer"], id="json-without-call"),
        pytest.param([ev.Text("a"), ev.Meta(), DONE], "a", 0, ["meta-not-first"], id="late-meta"),
        pytest.param([ev.Meta(), ev.Meta(), ev.Text("a"), DONE], "a", 0, ["meta-not-first"]),
        pytest.param(
            [ev.Error("no"), ev.Text("a"), DONE], "", 0, ["event-after-error"], id="after-error"
        ),
        pytest.param(
            [ev.Error("no"), ev.Error("no"), DONE], "", 0, ["event-after-error"], id="two-errors"
        ),
        pytest.param(
            [ev.Text("a"), DONE, ev.Text("b")], "a", 0, ["event-after-done"], id="after-done"
        ),
        pytest.param([ev.Text("a"), DONE, DONE], "a", 0, ["event-after-done"], id="done-twice"),
        pytest.param(
            [ev.Malformed("text", "{", "why"), ev.Text("a"), DONE],
            "a",
            0,
            ["malformed-event"],
            id="malformed",
        ),
        pytest.param(
            [ev.Text("a"), ev.Malformed("done", "", "why")],
            "a",
            0,
            ["malformed-event"],
            id="malformed-done",
        ),
        pytest.param(
            [ev.Unknown("x", ""), ev.Unknown("x", ""), ev.Text("a"), DONE],
            "a",
            0,
            ["unknown-event"],
            id="unknown-once",
        ),
        pytest.param(
            [ev.Meta("text/html"), ev.Text("a"), DONE], "a", 0, ["unknown-content-type"], id="type"
        ),
        pytest.param(
            [ev.Error(error_type="x"), DONE], "", 0, ["unknown-error-type"], id="error-type"
        ),
        pytest.param(
            [ev.Text("a"), ev.SuggestedReply("b"), ev.SuggestedReply("c"), DONE],
            "a",
            0,
            ["suggested-replies-ignored"],
            id="suggested-once",
        ),
        pytest.param(
            [ev.File("u", "c", "n", "r1"), ev.Text("see [r1]"), DONE],
            "see [r1]",
            1,
            ["inline-ref-unused"],
            id="inline-file-nowhere",
        ),
    ],
)
def test_an_answer_and_its_violations(
    events: list[ev.Event], text: str, files: int, violations: list[str]
) -> None:
    """Each sequence of events amounts to its text and files, and breaks its rules."""
    reply, found = feed(*events)
    assert (reply.text, len(reply.files), found) == (text, files, violations)


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        pytest.param(
            [ev.Text("x" * limits.ANSWER_CHARACTERS.value), ev.Text("y"), ev.Text("y")],
            "too-much-text",
            id="text",
        ),
        pytest.param(
            [ev.Text("")] * (limits.ANSWER_EVENTS.value + 2), "too-many-events", id="events"
        ),
        pytest.param([FILE] * (limits.FILES_PER_MESSAGE.value + 2), "too-many-files", id="files"),
    ],
)
def test_each_limit_is_said_once(events: list[ev.Event], rule: str) -> None:
    """Past a limit, its rule is named once and not again."""
    assert feed(*events, DONE)[1] == [rule]


def test_a_full_answer_breaks_no_limit() -> None:
    """Replacing text frees its characters, and keep-alives are no events of the answer."""
    most = "x" * limits.ANSWER_CHARACTERS.value
    pings = [ev.Ping()] * (limits.ANSWER_EVENTS.value + 1)
    reply, found = feed(ev.Text(most), *pings, ev.ReplaceResponse(most), DONE)
    assert (reply.characters, reply.replaced, reply.event_count, found) == (len(most), 1, 3, [])


EVENTS = [
    ev.Meta(),
    ev.Text("a"),
    ev.ReplaceResponse("a"),
    ev.SuggestedReply("a"),
    FILE,
    ev.Data("a"),
    ev.Json({}),
    ev.Error("a"),
    DONE,
    ev.Ping(),
    ev.Unknown("x", ""),
    ev.Malformed("text", "", "why"),
]
WAY: dict[State, list[ev.Event]] = {
    State.START: [],
    State.OPEN: [ev.Text("a")],
    State.FAILED: [ev.Error("a")],
    State.ENDED: [ev.Text("a"), DONE],
}


def test_the_events_of_the_table_are_all_there_are() -> None:
    """The next test leaves no event out."""
    assert {type(event) for event in EVENTS} == set(get_args(ev.Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", list(State), ids=lambda state: state.name)
def test_every_event_in_every_state(state: State, event: ev.Event) -> None:
    """What the table allows moves the state; all else is a violation and changes nothing."""
    reply, _ = feed(*WAY[state])
    assert reply.state is state
    before = vars(reply).copy()
    rules = {violation.rule for violation in reply.feed(event)}
    order = {"meta-not-first", "event-after-error", "event-after-done"}
    allowed = (state, type(event)) in TRANSITIONS
    ignored = isinstance(event, (ev.Ping, ev.Unknown, ev.Malformed))
    assert reply.state is TRANSITIONS.get((state, type(event)), state)
    assert bool(rules & order) is not (allowed or ignored)
    assert allowed or (reply.text, reply.error) == (reply.text_at(0), before["error"])
    assert rules <= set(RULES)


def test_many_small_events_make_one_text() -> None:
    """Nothing is lost or out of order where pieces are joined on the way."""
    reply, _ = feed(*(ev.Text(f"{number},") for number in range(5000)))
    assert reply.text == "".join(f"{number}," for number in range(5000))


def test_several_answers_in_one_stream() -> None:
    """Each index has its own text; the first is the answer's."""
    reply, found = feed(ev.Text("b", 1), ev.Text("a", 0), ev.ReplaceResponse("c", 1), DONE)
    assert (reply.indices, reply.text, reply.text_at(1), reply.text_at(7)) == ([0, 1], "a", "c", "")
    assert (reply.done, found) == (True, [])


def test_what_else_an_answer_holds() -> None:
    """Meta, suggested replies, the last data and the error are kept."""
    error = ev.Error("no")
    meta = ev.Meta("text/plain", suggested_replies=True)
    reply, _ = feed(meta, ev.Data("1"), ev.Data("2"), ev.SuggestedReply("s"), error, DONE)
    assert (reply.meta, reply.metadata) == (meta, "2")
    assert (reply.suggested_replies, reply.error) == (["s"], error)


def test_tool_calls_of_an_answer_are_kept() -> None:
    """The calls in an answer's JSON stand ready when it ends."""
    reply, _ = feed(ev.Json(CALL), DONE)
    assert [call["function"]["name"] for call in reply.tool_calls] == ["f"]


def chunk(*deltas: Any) -> dict[str, Any]:
    return {"choices": [{"delta": {"tool_calls": list(deltas)}}]}


def begin(index: int, name: str) -> dict[str, Any]:
    return {"index": index, "id": f"c{index}", "function": {"name": name, "arguments": ""}}


def more(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"arguments": arguments}}


def test_tool_calls_are_put_together() -> None:
    """Arguments arrive in pieces, of several calls at once."""
    calls = ToolCalls()
    calls.feed(chunk(begin(0, "f"), begin(1, "g")))
    calls.feed(chunk(more(0, '{"a":')))
    calls.feed(chunk(more(1, "{}"), more(0, " 1}")))
    assert calls.complete() == [
        {"id": "c0", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
        {"id": "c1", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": ["x"]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"tool_calls": None}}]},
        chunk("x"),
        chunk({}),
        chunk({"id": "c", "function": None}),
        chunk({"id": 5, "function": {"name": "f"}}),
        chunk({"id": "c", "function": {"name": ["f"]}}),
        chunk(more(3, "{}")),
    ],
    ids=repr,
)
def test_other_json_is_passed_over(payload: dict[str, Any]) -> None:
    """JSON of another form is no tool call and no failure."""
    calls = ToolCalls()
    calls.feed(payload)
    assert calls.complete() == []


def test_odd_deltas_of_a_call_do_no_harm() -> None:
    """An index that is no number counts as 0, arguments that are no text as none."""
    calls = ToolCalls()
    calls.feed(chunk({"index": ["x"], "id": "c", "function": {"name": "f", "arguments": {}}}))
    calls.feed(chunk({"index": 0, "function": {"arguments": 5}}, more(0, "{}")))
    assert calls.complete()[0]["function"] == {"name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [pytest.param('{"a": 1}', {"a": 1}, id="object"), pytest.param("", {}, id="none")],
)
def test_arguments_of_a_call(arguments: str, expected: dict[str, Any]) -> None:
    """The arguments are a JSON object; none at all are an empty one."""
    assert tool_arguments({"function": {"arguments": arguments}}) == expected


@pytest.mark.parametrize("arguments", ["[]", "{", "5"])
def test_arguments_of_another_form_are_refused(arguments: str) -> None:
    """What is no JSON object can't be passed to a function."""
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        tool_arguments({"function": {"arguments": arguments}})


def call_delta(id: str | None, name: str | None, arguments: str, **more: Any) -> dict[str, Any]:
    """A delta as servers send it that leave the index out, or give every call the same."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value}
    return {**({"id": id} if id else {}), "function": function, **more}


@pytest.mark.parametrize("more", [{}, {"index": 0}, {"index": None}], ids=["none", "same", "null"])
def test_a_new_id_begins_a_new_call(more: dict[str, Any]) -> None:
    """Parallel calls without numbers of their own are told apart by their ids."""
    calls = ToolCalls()
    calls.feed(chunk(call_delta("a", "f", '{"x":', **more), call_delta("b", "g", "{}", **more)))
    calls.feed(chunk(call_delta("a", None, " 1}", **more), call_delta("c", "f", '{"x"', **more)))
    calls.feed(chunk(call_delta("c", None, ": 2}", **more)))
    found = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls.complete()]
    assert found == [("a", "f", '{"x": 1}'), ("b", "g", "{}"), ("c", "f", '{"x": 2}')]


def test_a_delta_without_id_and_index_goes_on_with_the_last_call() -> None:
    """As a stream of one call after the other."""
    calls = ToolCalls()
    calls.feed(chunk(call_delta("a", "f", "{")))
    calls.feed(chunk(call_delta(None, None, "}")))
    calls.feed(chunk(call_delta("b", "g", "[")))
    calls.feed(chunk(call_delta(None, None, "]")))
    assert [c["function"]["arguments"] for c in calls.complete()] == ["{}", "[]"]
