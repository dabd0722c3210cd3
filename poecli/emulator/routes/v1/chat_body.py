"""The body of a chat completion -> a query of Poe's.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from typing import Any

from poecli.emulator.routes.v1.fields import Field, Fields
from poecli.emulator.routes.v1.history import History, attachment
from poecli.protocol.messages import Attachment, Role, ToolCall, ToolDefinition
from poecli.protocol.requests import QueryRequest

# OpenAI's fields; whatever else stands in a body is a parameter of the bot.
_FIELDS = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens
    max_tokens messages metadata modalities model n parallel_tool_calls prediction
    presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format
    safety_identifier seed service_tier stop store stream stream_options temperature tool_choice
    tools top_logprobs top_p user verbosity web_search_options
"""
FIELDS = frozenset(_FIELDS.split())
ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "bot",
}


def query_from_chat(fields: Fields) -> QueryRequest:
    """The query; fields that OpenAI has not become parameters of the bot. Raises BadField."""
    history = _history(fields)
    history.set_parameters(fields.beyond(FIELDS))
    check_numbers(fields)
    if fields.whole("n", 1) not in (None, 1):
        raise fields.required("n").refused("must be 1 on Poe")
    tools = [tool.read_as(ToolDefinition) for tool in fields.items("tools")]
    return QueryRequest(
        query=history.messages,
        temperature=fields.number("temperature", 0, 2),
        stop_sequences=_stop(fields),
        logit_bias=_logit_bias(fields),
        tools=tools_offered(fields, tools),
        tool_calls=history.calls or None,
        tool_results=history.results or None,
        extra_params=extra_params(_response_format(fields), must_call=must_call(fields)),
    )


def check_numbers(fields: Fields) -> None:
    """Raises BadField for limits that no model could keep."""
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        fields.whole(name, 1)
    fields.number("top_p", 0, 1)


def tools_offered(fields: Fields, tools: list[ToolDefinition]) -> list[ToolDefinition] | None:
    """The tools that OpenAI's ``tool_choice`` leaves: all, none, or the one it names."""
    choice = fields.find("tool_choice")
    if choice is None or isinstance(choice.value, str):
        chosen = choice.one_of(("auto", "none", "required")) if choice else "auto"
        return None if chosen == "none" else tools or None
    named = choice.object()
    return only_tool(choice, named.object("function").text("name") or named.text("name"), tools)


def only_tool(choice: Field, name: str, tools: list[ToolDefinition]) -> list[ToolDefinition] | None:
    """The tool of that name; all of them where there is no name. Raises BadField."""
    if name and name not in [tool.function.name for tool in tools]:
        raise choice.refused(f"{name!r} is not one of the tools")
    return [tool for tool in tools if not name or tool.function.name == name] or None


def extra_params(form: Any, *, must_call: bool) -> dict[str, Any] | None:
    """What a query has no field for, by OpenAI's names: mocks heed it, a live bot gets it."""
    given: dict[str, Any] = {} if form is None else {"response_format": form}
    if must_call:
        given["tool_choice"] = "required"
    return given or None


def must_call(fields: Fields) -> bool:
    """Whether OpenAI's ``tool_choice`` leaves the model no other answer than a call."""
    choice = fields.values.get("tool_choice")
    if isinstance(choice, dict):
        return choice.get("type") != "allowed_tools" or choice.get("mode") == "required"
    return choice == "required"


def _history(fields: Fields) -> History:
    messages = fields.required("messages")
    history = History()
    for message in messages.items():
        _take(history, message.object())
    if not messages.value:
        raise messages.refused("must be a list of at least one message")
    return history


def _take(history: History, message: Fields) -> None:
    role = message.required("role").one_of((*ROLES, "tool"))
    text, attachments = _content(message)
    if role == "tool":
        history.result(message.required("tool_call_id"), text)
        return
    calls = message.items("tool_calls")
    if text or attachments or not calls:
        history.say(ROLES[role], text, attachments)
    for call in calls:
        history.call(call.read_as(ToolCall))


def _content(message: Fields) -> tuple[str, list[Attachment]]:
    """The text of a message, and what is attached to it."""
    content = message.find("content")
    if content is None or isinstance(content.value, str):
        return content.text() if content else "", []
    if not isinstance(content.value, list):
        raise content.refused("must be a string or a list of parts")
    texts, attachments = [], []
    for part in content.items():
        values = part.object()
        kind = values.required("type").one_of(("text", "refusal", "image_url", "file"))
        if kind in ("text", "refusal"):
            texts.append(values.required(kind).text())
        else:
            attachments.append(_attachment(values.required(kind)))
    return "\n".join(texts), attachments


def _attachment(field: Field) -> Attachment:
    values = field.object()
    url = values.text("url") or values.text("file_data")
    if not url:
        raise field.refused("must have a URL, or file_data")
    return attachment(url, values.text("filename"))


def _stop(fields: Fields) -> list[str]:
    stop = fields.find("stop")
    if stop is None:
        return []
    return [stop.value] if isinstance(stop.value, str) else stop.texts()


def _logit_bias(fields: Fields) -> dict[str, float]:
    bias = fields.object("logit_bias")
    return {token: bias.required(token).number(-100, 100) for token in bias}


def _response_format(fields: Fields) -> Any:
    asked = fields.find("response_format")
    if asked is None:
        return None
    kind = asked.object().required("type").one_of(("text", "json_object", "json_schema"))
    if kind == "json_schema":
        asked.object().object("json_schema").object("schema")
    return asked.value if kind != "text" else None
