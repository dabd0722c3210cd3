"""The body of an Anthropic message -> a query of Poe's.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import json
from typing import Any

from poecli.emulator.routes.v1.chat_body import extra_params, only_tool
from poecli.emulator.routes.v1.fields import BadField, Field, Fields
from poecli.emulator.routes.v1.history import History, attachment, tool_call
from poecli.protocol.messages import Attachment, FunctionDefinition, Role, ToolDefinition
from poecli.protocol.requests import QueryRequest

# Anthropic's fields; any other is refused.
_FIELDS = """
    cache_control container context_management inference_geo max_tokens mcp_servers messages
    metadata model output_config output_format service_tier speed stop_sequences stream system
    temperature thinking tool_choice tools top_k top_p
"""
FIELDS = frozenset(_FIELDS.split())
_ROLES: dict[str, Role] = {"user": "user", "assistant": "bot", "system": "system"}
_BLOCKS = (
    "text",
    "image",
    "document",
    "tool_use",
    "tool_result",
    "thinking",
    "redacted_thinking",
    "search_result",
)


def query_from_message(fields: Fields) -> QueryRequest:
    """The query. Raises BadField, also for a field that Anthropic has not."""
    for name in fields.beyond(FIELDS):
        raise BadField(fields.place_of(name), "Extra inputs are not permitted")
    fields.required("max_tokens").whole(1)
    fields.whole("top_k", 0)
    fields.number("top_p", 0, 1)
    history = _history(fields)
    return QueryRequest(
        query=history.messages,
        temperature=fields.number("temperature", 0, 1),
        stop_sequences=[item.text() for item in fields.items("stop_sequences")],
        tools=_tools(fields),
        tool_calls=history.calls or None,
        tool_results=history.results or None,
        extra_params=extra_params(_response_format(fields), must_call=_must_call(fields)),
    )


def _history(fields: Fields) -> History:
    messages = fields.required("messages")
    history = History()
    system = fields.find("system")
    if system is not None:
        history.say("system", _text(system))
    for item in messages.items():
        message = item.object()
        role = _ROLES[message.required("role").one_of(tuple(_ROLES))]
        _take(history, role, message.required("content"))
    if not messages.value:
        raise messages.refused("must be a list of at least one message")
    return history


def _take(history: History, role: Role, content: Field) -> None:
    """One message; its results answer the calls before it, so they go first."""
    if isinstance(content.value, str):
        history.say(role, content.value)
        return
    texts: list[str] = []
    attachments: list[Attachment] = []
    calls = []
    for item in content.items():
        block = item.object()
        kind = block.required("type").one_of(_BLOCKS)
        if kind == "text":
            texts.append(block.required("text").text())
        elif kind == "tool_result":
            history.result(block.required("tool_use_id"), _result(block))
        elif kind == "tool_use":
            calls.append(_call(block))
        elif kind in ("image", "document"):
            _take_file(block, texts, attachments)
    if texts or attachments:
        history.say(role, "\n".join(texts), attachments)
    for call in calls:
        history.call(call)


def _call(block: Fields) -> Any:
    arguments = json.dumps(block.required("input").object().values, ensure_ascii=False)
    return tool_call(block.required("id").text(), block.required("name").text(), arguments)


def _result(block: Fields) -> str:
    content = block.find("content")
    return _text(content) if content is not None else ""


def _text(content: Field) -> str:
    """The text of a string, or of the text blocks of a list."""
    if isinstance(content.value, str):
        return content.value
    if not isinstance(content.value, list):
        raise content.refused("must be a string or a list of blocks")
    blocks = [item.object() for item in content.items()]
    return "\n".join(
        block.required("text").text() for block in blocks if block.text("type") == "text"
    )


def _take_file(block: Fields, texts: list[str], attachments: list[Attachment]) -> None:
    source = block.required("source").object()
    kind = source.required("type").one_of(("base64", "url", "text", "content"))
    name = block.text("title")
    if kind == "text":
        texts.append(source.required("data").text())
    elif kind == "content":
        texts.append(_text(source.required("content")))
    elif kind == "url":
        attachments.append(attachment(source.required("url").text(), name))
    else:
        media = source.required("media_type").text()
        data = source.required("data").text()
        attachments.append(attachment(f"data:{media};base64,{data}", name))


def _tools(fields: Fields) -> list[ToolDefinition] | None:
    """The author's own. What Anthropic runs itself, such as a web search, a mock has not."""
    tools = []
    for item in fields.items("tools"):
        tool = item.object()
        if tool.text("type", "custom") == "custom":
            name = tool.required("name").text()
            schema = dict(tool.required("input_schema").object().values)
            described = tool.text("description")
            function = FunctionDefinition(name=name, description=described, parameters=schema)
            tools.append(ToolDefinition(function=function))
    choice = fields.find("tool_choice")
    if choice is None:
        return tools or None
    chosen = choice.object()
    kind = chosen.required("type").one_of(("auto", "any", "tool", "none"))
    name = chosen.required("name").text() if kind == "tool" else ""
    return None if kind == "none" else only_tool(choice, name, tools)


def _must_call(fields: Fields) -> bool:
    return fields.object("tool_choice").text("type") in ("any", "tool")


def _response_format(fields: Fields) -> dict[str, Any] | None:
    """The schema of a structured answer, as a chat completion says it."""
    form = fields.object("output_config").find("format") or fields.find("output_format")
    if form is None:
        return None
    form.object().required("type").one_of(("json_schema",))
    schema = form.object().required("schema").object().values
    named = {"name": "answer", "schema": schema}
    return {"type": "json_schema", "json_schema": named}
