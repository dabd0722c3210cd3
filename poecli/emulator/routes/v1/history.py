"""Messages and rounds of tools, one after the other -> a query of Poe's protocol."""

from __future__ import annotations

import json
from typing import Any

from poecli.emulator.routes.v1.fields import Field
from poecli.protocol.attachments import guess_content_type
from poecli.protocol.messages import (
    Attachment,
    FunctionCall,
    ProtocolMessage,
    Role,
    ToolCall,
    ToolResult,
)

_NAME_CHARACTERS = 80


class History:
    """The conversation so far. The round of tools at its end goes beside the messages.

    A round that was answered is history like any other, in the form in which a bot with a loop of
    its own keeps it: https://creator.poe.com/docs/server-bots/function-calling
    """

    def __init__(self) -> None:
        self.messages: list[ProtocolMessage] = []
        self.calls: list[ToolCall] = []
        self.results: list[ToolResult] = []

    def say(self, role: Role, text: str, attachments: list[Attachment] | None = None) -> None:
        """A message of the system, the user or the bot."""
        self._close_round()
        message = ProtocolMessage(role=role, content=text, attachments=attachments or [])
        self.messages.append(message)

    def call(self, call: ToolCall) -> None:
        """The bot called a tool."""
        self.calls.append(call)

    def result(self, call_id: Field, text: str) -> None:
        """A tool answered. Raises BadField where no call of that id came before."""
        wanted = call_id.text()
        name = next((c.function.name for c in self.calls if c.id == wanted), None)
        if name is None:
            raise call_id.refused("must be the id of a call that came before it")
        self.results.append(ToolResult(tool_call_id=wanted, name=name, content=text))

    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """What the user chose for the bot: it stands in the user's last message."""
        for message in reversed(self.messages):
            if message.role == "user" and parameters:
                message.parameters = parameters
                break

    def _close_round(self) -> None:
        if self.results:
            calls = json.dumps([call.model_dump() for call in self.calls], ensure_ascii=False)
            results = json.dumps([each.model_dump() for each in self.results], ensure_ascii=False)
            self.messages += [
                ProtocolMessage(role="bot", message_type="function_call", content=calls),
                ProtocolMessage(role="tool", content=results),
            ]
        self.calls, self.results = [], []


def tool_call(id: str, name: str, arguments: str) -> ToolCall:
    """A call that a model asked for earlier."""
    return ToolCall(id=id, function=FunctionCall(name=name, arguments=arguments))


def attachment(url: str, name: str = "", content_type: str = "") -> Attachment:
    """A file of a message, by its URL; that may be a ``data:`` URL, which holds the file itself."""
    name = name or url.split(",", 1)[0].rsplit("/", 1)[-1][:_NAME_CHARACTERS] or "file"
    if url.startswith("data:"):
        content_type = content_type or url[5:].split(";", 1)[0].split(",", 1)[0]
    return Attachment(url=url, content_type=content_type or guess_content_type(name), name=name)
