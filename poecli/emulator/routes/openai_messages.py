"""The body of a chat completion -> a query of Poe's.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from poecli.protocol.attachments import guess_content_type
from poecli.protocol.messages import (
    Attachment,
    ProtocolMessage,
    ToolCall,
    ToolResult,
    misfits,
)
from poecli.protocol.requests import BadRequest, QueryRequest

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "bot"}


def query_from_body(body: Any) -> QueryRequest:
    """The query. Raises BadRequest for a body of another form."""
    if not isinstance(body, Mapping):
        raise BadRequest("the body is not a JSON object")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise BadRequest("model must be the name of a bot")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages must be a list of at least one message")
    history = _History()
    for message in messages:
        history.take(message)
    stop = body.get("stop")
    try:
        return QueryRequest(
            query=history.messages,
            temperature=body.get("temperature"),
            stop_sequences=[stop] if isinstance(stop, str) else stop or [],
            logit_bias=body.get("logit_bias") or {},
            tools=body.get("tools"),
            tool_calls=history.calls or None,
            tool_results=history.results or None,
        )
    except ValidationError as error:
        raise _bad(error) from None


class _History:
    """Messages, and the tool calls at their end that wait for an answer."""

    def __init__(self) -> None:
        self.messages: list[ProtocolMessage] = []
        self.calls: list[ToolCall] = []
        self.results: list[ToolResult] = []

    def take(self, message: Any) -> None:
        """Add one message. Raises BadRequest."""
        role = message.get("role") if isinstance(message, Mapping) else None
        try:
            if role == "tool":
                self._take_result(message)
            elif role == "assistant" and message.get("tool_calls"):
                self.calls += [ToolCall.model_validate(call) for call in message["tool_calls"]]
            elif role in _ROLES:
                self._take_text(_ROLES[role], message)
            else:
                raise BadRequest(f"role must be one of {', '.join((*_ROLES, 'tool'))}")
        except ValidationError as error:
            raise _bad(error) from None

    def _take_result(self, message: Mapping[str, Any]) -> None:
        call_id = message.get("tool_call_id")
        name = next((c.function.name for c in self.calls if c.id == call_id), None)
        if name is None:
            raise BadRequest("a tool message must answer a call of an assistant message before it")
        text, _ = _content(message)
        self.results.append(ToolResult(tool_call_id=str(call_id), name=name, content=text))

    def _take_text(self, role: str, message: Mapping[str, Any]) -> None:
        text, attachments = _content(message)
        # A round of tools that has been answered is history like any other.
        self.calls, self.results = [], []
        self.messages.append(
            ProtocolMessage.model_validate(
                {"role": role, "content": text, "attachments": attachments}
            )
        )


def _content(message: Mapping[str, Any]) -> tuple[str, list[Attachment]]:
    """The text of a message, and what is attached to it."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        raise BadRequest("content must be a string or a list of parts")
    texts, attachments = [], []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind == "text":
            texts.append(str(part.get("text", "")))
        elif kind in ("image_url", "file"):
            attachments.append(_attachment(part))
        else:
            raise BadRequest("a part of content must have the type text, image_url or file")
    return "\n".join(texts), attachments


def _attachment(part: Mapping[str, Any]) -> Attachment:
    value = part.get(str(part["type"]))
    value = value if isinstance(value, Mapping) else {}
    url = value.get("url") or value.get("file_data")
    if not isinstance(url, str) or not url:
        raise BadRequest(f"a part of type {part['type']} must contain a URL")
    name = str(value.get("filename") or url.split(",", 1)[0].rsplit("/", 1)[-1][:80] or "file")
    data_type = url[5:].split(";", 1)[0].split(",", 1)[0] if url.startswith("data:") else ""
    return Attachment(url=url, content_type=data_type or guess_content_type(name), name=name)


def _bad(error: ValidationError) -> BadRequest:
    return BadRequest(misfits(error)[0])
