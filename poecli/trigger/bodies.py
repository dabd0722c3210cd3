"""The body of each event of the protocol, as Poe would send it.

One that goes on from a turn has that turn's ids, so that a bot which remembers them finds them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from poecli.client.dialogue import UNKNOWN_SETTINGS, new_id, now_us
from poecli.protocol.conversation import Conversation
from poecli.protocol.requests import REQUEST_TYPES, BadRequest, QueryRequest, parse_request

EVENTS = {
    "query": "A user's message, with the conversation before it.",
    "settings": "Poe asks for the bot's settings.",
    "report_feedback": "A user likes or dislikes an answer (the older form).",
    "report_reaction": "A user reacts to an answer (the newer form).",
    "report_error": "Poe can't use an answer of the bot.",
}
_TEXT = "Hello!"
_IDS = ("message_id", "user_id", "conversation_id")
# What fastapi_poe's client reports of an answer without text.
_ERROR = "Bot returned no text in response"


def can_follow(query: Mapping[str, Any]) -> bool:
    """Whether Poe could have sent this query; one that was broken on purpose is no base."""
    try:
        asked = parse_request(query)
    except BadRequest:
        return False
    is_query = isinstance(asked, QueryRequest) and bool(asked.query)
    return is_query and all(query.get(name) for name in _IDS)


def body_of(event: str, last: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of an event, as JSON has it. ``last`` is the query of the turn to go on from.

    A query is that very question, asked again as a new one. A report is about the turn's answer, or
    about none that was, where nothing `can_follow`.
    """
    query = _query() if last is None else copy.deepcopy(dict(last))
    if event != "query" and not can_follow(query):
        query = _query()
    if event == "query":
        answer = new_id("m")
        fresh = {"message_id": answer, "bot_query_id": answer, "query_creation_time": now_us()}
        return {**query, **fresh}
    fields: dict[str, Any] = {}
    if event == "report_error":
        fields = {"message": _ERROR, "metadata": {"message_id": query["message_id"]}}
    elif event != "settings":
        fields = {name: query[name] for name in _IDS}
    model = REQUEST_TYPES[event].model_validate({**fields, **_OPINIONS.get(event, {})})
    return model.model_dump(exclude_none=True)


_OPINIONS = {
    "report_feedback": {"feedback_type": "like"},
    "report_reaction": {"reaction": "like", "action": "added"},
}


def _query() -> dict[str, Any]:
    asked = Conversation(new_id("u"), new_id("c")).with_user_message(
        _TEXT, message_id=new_id("m"), time_us=now_us()
    )
    answer = new_id("m")
    query = asked.query(
        bot="", settings=UNKNOWN_SETTINGS, message_id=answer, bot_query_id=answer, time_us=now_us()
    )
    return query.model_dump(exclude_none=True)
