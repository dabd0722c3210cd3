"""The body of a response -> a query of Poe's.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import Any

from poecli.emulator.routes.v1.chat_body import (
    ROLES,
    check_numbers,
    extra_params,
    must_call,
    tools_offered,
)
from poecli.emulator.routes.v1.fields import Field, Fields
from poecli.emulator.routes.v1.history import History, attachment, tool_call
from poecli.protocol.messages import (
    Attachment,
    FunctionDefinition,
    ToolDefinition,
)
from poecli.protocol.requests import QueryRequest

# As those of a chat completion.
_FIELDS = """
    background context_management conversation include input instructions max_output_tokens
    max_tool_calls metadata model parallel_tool_calls previous_response_id prompt
    prompt_cache_key prompt_cache_retention reasoning safety_identifier service_tier store
    stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user
"""
FIELDS = frozenset(_FIELDS.split())
_KINDS = ("message", "function_call", "function_call_output", "reasoning")
_PARTS = ("input_text", "output_text", "refusal", "text", "input_image", "input_file")


def input_items(fields: Fields) -> list[Any]:
    """What the body adds to the conversation, as items. Raises BadField."""
    given = fields.required("input")
    if isinstance(given.value, str):
        return [{"role": "user", "content": given.value}]
    if not given.items():
        raise given.refused("must be a text or a list of at least one item")
    return list(given.value)


def query_from_items(fields: Fields, earlier: list[Any], items: list[Any]) -> QueryRequest:
    """The query that goes on from earlier items. Raises BadField."""
    history = History()
    if instructions := fields.text("instructions"):
        history.say("system", instructions)
    for item in Field("previous_response_id", earlier).items() + Field("input", items).items():
        _take(history, item.object())
    history.set_parameters(fields.beyond(FIELDS))
    check_numbers(fields)
    return QueryRequest(
        query=history.messages,
        temperature=fields.number("temperature", 0, 2),
        tools=tools_offered(fields, _tools(fields)),
        tool_calls=history.calls or None,
        tool_results=history.results or None,
        extra_params=extra_params(_response_format(fields), must_call=must_call(fields)),
    )


def _take(history: History, item: Fields) -> None:
    kind = item.find("type")
    name = kind.one_of(_KINDS) if kind else "message"
    if name == "function_call":
        history.call(
            tool_call(
                item.required("call_id").text(),
                item.required("name").text(),
                item.required("arguments").text(),
            )
        )
    elif name == "function_call_output":
        text, _ = _content(item.required("output"))
        history.result(item.required("call_id"), text)
    elif name == "message":
        role = item.required("role").one_of(tuple(ROLES))
        history.say(ROLES[role], *_content(item.required("content")))


def _content(content: Field) -> tuple[str, list[Attachment]]:
    if isinstance(content.value, str):
        return content.value, []
    if not isinstance(content.value, list):
        raise content.refused("must be a string or a list of parts")
    texts, attachments = [], []
    for part in content.items():
        values = part.object()
        kind = values.required("type").one_of(_PARTS)
        if kind == "input_image":
            attachments.append(attachment(values.required("image_url").text()))
        elif kind == "input_file":
            attachments.append(_file(part, values))
        else:
            texts.append(values.required("refusal" if kind == "refusal" else "text").text())
    return "\n".join(texts), attachments


def _file(part: Field, values: Fields) -> Attachment:
    url = values.text("file_url") or values.text("file_data")
    if not url:
        raise part.refused("must have a file_url, or file_data: no files are stored here by id")
    return attachment(url, values.text("filename"))


def _tools(fields: Fields) -> list[ToolDefinition]:
    """The author's own. What OpenAI runs itself, such as a web search, a mock has not."""
    return [
        ToolDefinition(function=tool.read_as(FunctionDefinition))
        for tool in fields.items("tools")
        if tool.object().required("type").text() == "function"
    ]


def _response_format(fields: Fields) -> dict[str, Any] | None:
    """``text.format``, as a chat completion says it."""
    form = fields.object("text").object("format")
    if not form.values:
        return None
    kind = form.required("type").one_of(("text", "json_object", "json_schema"))
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": kind}
    schema = form.required("schema").object().values
    named = {"name": form.required("name").text(), "schema": schema}
    return {"type": kind, "json_schema": named}
