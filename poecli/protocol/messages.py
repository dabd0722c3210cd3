"""What requests are made of: messages, attachments, senders, tools, feedback, reactions.

https://creator.poe.com/docs/server-bots/poe-protocol-specification ("Requests")

Readers are tolerant: unknown keys are kept out and never refused. Times are microseconds since
1970, ids match `IDENTIFIER`.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

IDENTIFIER = re.compile(r"\A[a-z]{1,3}-[a-z0-9=]{32}\Z")  # "$" would let a line end pass
IDENTIFIER_BYTES = 20  # 32 characters of base32
IdentifierTag = Literal["m", "u", "c", "d"]  # message, user, conversation, metadata


def identifier(tag: IdentifierTag, entropy: bytes) -> str:
    """An id as Poe makes them, from 20 random bytes that the caller brings."""
    if len(entropy) != IDENTIFIER_BYTES:
        raise ValueError(f"an identifier is made of {IDENTIFIER_BYTES} bytes")
    return f"{tag}-{base64.b32encode(entropy).decode().lower()}"


def misfits(error: ValidationError, prefix: str = "") -> list[str]:
    """What keeps a value from being a model, each as "place: what"; the value itself is left out.

    ``prefix`` is the place of the value itself.
    """
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    places = (".".join([prefix, *map(str, fault["loc"])]).strip(".") for fault in faults)
    return [f"{place}: {fault['msg']}" for place, fault in zip(places, faults, strict=True)]


class Tolerant(BaseModel):
    """Base of all that is read from others: unknown keys are ignored."""

    # Built at first use: a start should not pay for the models of every request.
    model_config = ConfigDict(extra="ignore", populate_by_name=True, defer_build=True)


class Attachment(Tolerant):
    """A file of a message. ``parsed_content`` is its text, when the bot's settings ask for it."""

    url: str
    content_type: str
    name: str
    inline_ref: str | None = None
    parsed_content: str | None = None


class MessageFeedback(Tolerant):
    """A user's like or dislike of a message."""

    type: Literal["like", "dislike"]
    reason: str | None = None


class MessageReaction(Tolerant):
    """A user's reaction to a message."""

    user_id: str
    reaction: str


class Sender(Tolerant):
    """Who wrote a message: a bot's handle, or a user's name where the chat shows it."""

    id: str | None = None
    name: str | None = None


class User(Tolerant):
    """A user of the chat."""

    id: str
    name: str | None = None


Role = Literal["system", "user", "bot", "tool"]


class ProtocolMessage(Tolerant):
    """One message of a conversation, in the shape Poe sends it."""

    role: Role
    message_type: Literal["function_call"] | None = None
    sender_id: str | None = None  # old; `sender` is the newer form
    sender: Sender | None = None
    content: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    content_type: str = "text/markdown"
    timestamp: int = 0
    message_id: str = ""
    feedback: list[MessageFeedback] = Field(default_factory=list)
    attachments: list[Attachment] = Field(default_factory=list)
    metadata: str | None = None
    referenced_message: ProtocolMessage | None = None
    reactions: list[MessageReaction] = Field(default_factory=list)


class FunctionDefinition(Tolerant):
    """A function a model may call; ``parameters`` is a JSON schema of type object."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class ToolDefinition(Tolerant):
    """A tool offered to a model."""

    type: str = "function"
    function: FunctionDefinition


class FunctionCall(Tolerant):
    """A function's name, and its arguments as a JSON text."""

    name: str
    arguments: str


class ToolCall(Tolerant):
    """A call that a model asked for."""

    id: str
    type: str = "function"
    function: FunctionCall


class ToolResult(Tolerant):
    """What a tool answered, as a text."""

    role: str = "tool"
    tool_call_id: str
    name: str
    content: str
