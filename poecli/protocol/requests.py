"""The five requests Poe sends to a bot.

https://creator.poe.com/docs/server-bots/poe-protocol-specification ("Requests")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from poecli.protocol.limits import PROTOCOL_VERSION
from poecli.protocol.messages import (
    ProtocolMessage,
    Tolerant,
    ToolCall,
    ToolDefinition,
    ToolResult,
    User,
    misfits,
)


class QueryRequest(Tolerant):
    """A user's message with the whole conversation before it, newest last."""

    version: str = PROTOCOL_VERSION
    type: Literal["query"] = "query"
    query: list[ProtocolMessage]
    user_id: str = ""
    conversation_id: str = ""
    message_id: str = ""  # of the answer to come
    metadata: str = ""
    access_key: str = Field(default="<missing>", repr=False)
    api_key: str = Field(default="<missing>", repr=False)
    temperature: float | None = None
    skip_system_prompt: bool = False
    logit_bias: dict[str, float] = Field(default_factory=dict)
    stop_sequences: list[str] = Field(default_factory=list)
    language_code: str = "en"
    adopt_current_bot_name: bool | None = None
    bot_query_id: str = ""
    users: list[User] = Field(default_factory=list)
    tools: list[ToolDefinition] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_results: list[ToolResult] | None = None
    query_creation_time: int | None = None  # microseconds since 1970
    extra_params: dict[str, Any] | None = None


class SettingsRequest(Tolerant):
    """Poe asks for the bot's settings."""

    version: str = PROTOCOL_VERSION
    type: Literal["settings"] = "settings"


class ReportFeedbackRequest(Tolerant):
    """A user liked or disliked a message (the older form)."""

    version: str = PROTOCOL_VERSION
    type: Literal["report_feedback"] = "report_feedback"
    message_id: str
    user_id: str
    conversation_id: str
    feedback_type: Literal["like", "dislike"]


class ReportReactionRequest(Tolerant):
    """A user reacted to a message (the newer form)."""

    version: str = PROTOCOL_VERSION
    type: Literal["report_reaction"] = "report_reaction"
    message_id: str
    user_id: str
    conversation_id: str
    reaction: str  # like, dislike, heart …; on the wire also "+👍" and "-👍"
    action: Literal["added", "removed"] | None = None


class ReportErrorRequest(Tolerant):
    """Poe disliked an answer of the bot and says so."""

    version: str = PROTOCOL_VERSION
    type: Literal["report_error"] = "report_error"
    message: str
    metadata: dict[str, Any] = Field(default_factory=dict)


PoeRequest = (
    QueryRequest
    | SettingsRequest
    | ReportFeedbackRequest
    | ReportReactionRequest
    | ReportErrorRequest
)

REQUEST_TYPES: dict[str, type[PoeRequest]] = {
    "query": QueryRequest,
    "settings": SettingsRequest,
    "report_feedback": ReportFeedbackRequest,
    "report_reaction": ReportReactionRequest,
    "report_error": ReportErrorRequest,
}


class BadRequest(ValueError):
    """The body is no request of the protocol; ``reason`` is one line, fit to be sent back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownRequestType(BadRequest):
    """A request type this version does not know: HTTP 501 by the protocol."""


def parse_request(body: Any) -> PoeRequest:
    """The request in a decoded JSON body.

    Raises BadRequest (HTTP 400) for a body of another form, UnknownRequestType (501) for an
    unknown ``type``.
    """
    if not isinstance(body, Mapping):
        raise BadRequest("the body is not a JSON object")
    kind = body.get("type")
    if not isinstance(kind, str):
        raise BadRequest("the field 'type' is missing or not a string")
    model = REQUEST_TYPES.get(kind)
    if model is None:
        raise UnknownRequestType(f"unsupported request type {kind[:100]!r}")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BadRequest(misfits(error)[0]) from None


def last_text(body: Mapping[str, Any]) -> str:
    """What the last message of a query's body says; "" for a body that is none."""
    query = body.get("query")
    last = query[-1] if isinstance(query, list) and query else None
    content = last.get("content") if isinstance(last, Mapping) else None
    return content if isinstance(content, str) else ""
