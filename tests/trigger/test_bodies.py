from __future__ import annotations

from typing import get_args

import fastapi_poe.types as fp
import pytest
from pydantic import BaseModel

from poecli.commands.trigger.flags import EventName
from poecli.protocol.messages import IDENTIFIER
from poecli.protocol.requests import REQUEST_TYPES, parse_request
from poecli.trigger.bodies import EVENTS, body_of, can_follow

SDK: dict[str, type[BaseModel]] = {
    "query": fp.QueryRequest,
    "settings": fp.SettingsRequest,
    "report_feedback": fp.ReportFeedbackRequest,
    "report_reaction": fp.ReportReactionRequest,
    "report_error": fp.ReportErrorRequest,
}
LAST = {
    **body_of("query"),
    "query": [{"role": "user", "content": "Earlier"}],
    "extra_params": {"kept": 1},
}


def test_there_is_a_body_for_each_request_of_the_protocol() -> None:
    """The command's choice, the protocol's requests and the bodies are the same five."""
    assert set(EVENTS) == set(REQUEST_TYPES) == set(get_args(EventName)) == set(SDK)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("last", [None, LAST], ids=["alone", "after a turn"])
def test_each_body_is_what_the_sdk_takes(event: str, last: dict[str, object] | None) -> None:
    """Both readers of requests accept it as it is."""
    body = body_of(event, last)

    assert parse_request(body).type == event
    SDK[event].model_validate(body)


@pytest.mark.parametrize("event", ["report_feedback", "report_reaction"])
def test_a_report_is_about_the_last_answer(event: str) -> None:
    """Its ids are those of the turn."""
    body = body_of(event, LAST)

    names = ("message_id", "user_id", "conversation_id")
    assert [body[name] for name in names] == [LAST[name] for name in names]


def test_a_query_asks_the_last_question_as_a_new_one() -> None:
    """Everything but the answer's id and the time stays, also what this version does not know."""
    body = body_of("query", LAST)

    fresh = ("message_id", "bot_query_id", "query_creation_time")
    assert {k: v for k, v in body.items() if k not in fresh} == {
        k: v for k, v in LAST.items() if k not in fresh
    }
    assert body["message_id"] != LAST["message_id"]
    assert IDENTIFIER.match(body["message_id"])


@pytest.mark.parametrize(
    ("changed", "follows"),
    [
        ({}, True),
        ({"of_tomorrow": 1}, True),
        ({"query": []}, False),
        ({"query": {"5": "x"}}, False),
        ({"query": [{"content": "no role"}]}, False),
        ({"message_id": None}, False),
        ({"user_id": ""}, False),
        ({"type": "settings"}, False),
        ({"type": "later"}, False),
    ],
)
def test_a_broken_query_is_not_gone_on_from(changed: dict[str, object], follows: bool) -> None:
    """What Poe could not have sent is a base for nothing."""
    assert can_follow({**LAST, **changed}) == follows


@pytest.mark.parametrize("event", [event for event in EVENTS if event != "query"])
@pytest.mark.parametrize("name", LAST)
def test_each_event_has_its_body_after_a_turn_that_lacks_a_field(event: str, name: str) -> None:
    """The turn may have been broken on purpose; what is sent after it is whole."""
    last = {each: value for each, value in LAST.items() if each != name}
    assert body_of(event, last)["type"] == event
