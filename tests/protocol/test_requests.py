"""The five requests."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.protocol.messages import ProtocolMessage
from poecli.protocol.requests import (
    REQUEST_TYPES,
    BadRequest,
    PoeRequest,
    QueryRequest,
    ReportErrorRequest,
    ReportFeedbackRequest,
    ReportReactionRequest,
    SettingsRequest,
    UnknownRequestType,
    parse_request,
)


class Ids(TypedDict):
    message_id: str
    user_id: str
    conversation_id: str


IDS: Ids = {"message_id": "m-1", "user_id": "u-1", "conversation_id": "c-1"}
MESSAGE = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"type": "query", "query": [MESSAGE], **IDS},
            QueryRequest(query=[ProtocolMessage(role="user", content="hi")], **IDS),
            id="query",
        ),
        pytest.param({"type": "query", "query": []}, QueryRequest(query=[]), id="empty-query"),
        pytest.param(
            {"type": "settings", "version": "1.3"}, SettingsRequest(version="1.3"), id="settings"
        ),
        pytest.param({"type": "settings", "new": 1}, SettingsRequest(), id="unknown-field"),
        pytest.param(
            {"type": "report_feedback", "feedback_type": "like", **IDS},
            ReportFeedbackRequest(feedback_type="like", **IDS),
            id="feedback",
        ),
        pytest.param(
            {"type": "report_reaction", "reaction": "+👍", **IDS},
            ReportReactionRequest(reaction="+👍", **IDS),
            id="reaction-on-the-wire",
        ),
        pytest.param(
            {"type": "report_reaction", "reaction": "like", "action": "removed", **IDS},
            ReportReactionRequest(reaction="like", action="removed", **IDS),
            id="reaction-with-action",
        ),
        pytest.param(
            {"type": "report_error", "message": "no", "metadata": {"a": 1}},
            ReportErrorRequest(message="no", metadata={"a": 1}),
            id="error",
        ),
    ],
)
def test_a_body_is_a_request(body: dict[str, Any], expected: PoeRequest) -> None:
    """Each type is read into its own class, with defaults for what is absent."""
    assert parse_request(body) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(None, "not a JSON object", id="null"),
        pytest.param([], "not a JSON object", id="list"),
        pytest.param({}, "'type' is missing", id="no-type"),
        pytest.param({"type": 5}, "'type' is missing or not a string", id="type-number"),
        pytest.param({"type": "query"}, "query: Field required", id="no-query"),
        pytest.param({"type": "query", "query": "hi"}, "query: Input should be", id="query-text"),
        pytest.param(
            {"type": "query", "query": [{"role": "user"}]}, r"query\.0\.content", id="no-content"
        ),
        pytest.param(
            {"type": "query", "query": [{"role": "king", "content": "hi"}]},
            r"query\.0\.role",
            id="role",
        ),
        pytest.param({"type": "report_feedback", **IDS}, "feedback_type", id="no-feedback"),
        pytest.param({"type": "report_reaction", "reaction": "like"}, "message_id", id="no-ids"),
        pytest.param({"type": "report_error"}, "message", id="no-message"),
    ],
)
def test_a_body_of_another_form_is_refused(body: Any, reason: str) -> None:
    """The reason is one line that names the field."""
    with pytest.raises(BadRequest, match=reason) as caught:
        parse_request(body)
    assert "\n" not in caught.value.reason


def test_an_unknown_type_is_told_apart() -> None:
    """A type of a later version is no fault of the sender: HTTP 501."""
    with pytest.raises(UnknownRequestType, match="'report_mood'"):
        parse_request({"type": "report_mood"})


def test_a_message_nested_without_end_is_refused() -> None:
    """Messages that refer to messages thousands deep don't break the reader."""
    body: dict[str, Any] = dict(MESSAGE)
    for _ in range(900):
        body = {**MESSAGE, "referenced_message": body}
    with pytest.raises(BadRequest):
        parse_request({"type": "query", "query": [body]})


def test_a_refusal_does_not_repeat_the_input() -> None:
    """Keys and texts of a bad request don't come back in the reason."""
    with pytest.raises(BadRequest) as caught:
        parse_request({"type": "query", "query": [], "access_key": ["a secret"]})
    assert "secret" not in caught.value.reason


def test_keys_do_not_show_in_the_repr() -> None:
    """A logged request shows no key."""
    request = QueryRequest(query=[], access_key="a secret", api_key="a secret")
    assert "secret" not in repr(request)


@given(
    st.dictionaries(
        st.text(max_size=5), st.none() | st.integers() | st.text() | st.lists(st.none())
    ),
    st.sampled_from(sorted(REQUEST_TYPES)),
)
def test_any_body_is_read_or_refused(body: dict[str, Any], kind: str) -> None:
    """No body makes the reader fail in another way."""
    with suppress(BadRequest):
        parse_request({**body, "type": kind})
