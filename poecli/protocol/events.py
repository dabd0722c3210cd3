"""The events of an answer, and their form on the wire.

https://creator.poe.com/docs/server-bots/poe-protocol-specification ("Events")

Reading is tolerant: an unknown event becomes `Unknown`, one whose data can't be used becomes
`Malformed`, so that a reader decides what to do and nothing is lost. Writing is strict: an event
that Poe could not use raises ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from poecli.protocol.sse import Frame

MARKDOWN = "text/markdown"
PLAIN = "text/plain"
CONTENT_TYPES = (MARKDOWN, PLAIN)
ERROR_TYPES = (
    "user_message_too_long",
    "insufficient_fund",
    "user_caused_error",
    "privacy_authorization_error",
    "subscription_required",  # sent by Poe itself, not by bots
)


@dataclass(frozen=True)
class Meta:
    """How to show the answer. Counts only as the first event."""

    content_type: str = MARKDOWN
    suggested_replies: bool = False
    linkify: bool = False
    refetch_settings: bool = False
    index: int | None = None


@dataclass(frozen=True)
class Text:
    """Text to append."""

    text: str
    index: int | None = None


@dataclass(frozen=True)
class ReplaceResponse:
    """Text that takes the place of all text so far."""

    text: str
    index: int | None = None


@dataclass(frozen=True)
class SuggestedReply:
    """A reply the user may send with one tap."""

    text: str
    index: int | None = None


@dataclass(frozen=True)
class File:
    """A file attached to the answer; inline where the text holds ``![title][inline_ref]``."""

    url: str
    content_type: str
    name: str
    inline_ref: str | None = None
    index: int | None = None


@dataclass(frozen=True)
class Data:
    """State that comes back as the message's ``metadata``, to the same bot. The last counts."""

    metadata: str
    index: int | None = None


@dataclass(frozen=True)
class Json:
    """An OpenAI-style chunk; carries tool calls."""

    payload: Mapping[str, Any]
    index: int | None = None


@dataclass(frozen=True)
class Error:
    """The bot gave up. Ends the answer; only ``done`` may follow."""

    text: str | None = None
    allow_retry: bool = True
    error_type: str | None = None
    raw_response: Any = None
    index: int | None = None


@dataclass(frozen=True)
class Done:
    """The end of the answer."""

    index: int | None = None


@dataclass(frozen=True)
class Ping:
    """Keep-alive; means nothing."""

    index: int | None = None


@dataclass(frozen=True)
class Unknown:
    """An event this version of the protocol has no name for. Poe ignores it."""

    event: str
    data: str
    index: int | None = None


@dataclass(frozen=True)
class Malformed:
    """An event of a known name whose data can't be used; ``reason`` says why."""

    event: str
    data: str
    reason: str
    index: int | None = None


Event = (
    Meta
    | Text
    | ReplaceResponse
    | SuggestedReply
    | File
    | Data
    | Json
    | Error
    | Done
    | Ping
    | Unknown
    | Malformed
)

EVENT_NAMES: dict[type[Any], str] = {
    Meta: "meta",
    Text: "text",
    ReplaceResponse: "replace_response",
    SuggestedReply: "suggested_reply",
    File: "file",
    Data: "data",
    Json: "json",
    Error: "error",
    Done: "done",
    Ping: "ping",
}


def event_name(event: Event) -> str:
    """The event's name on the wire."""
    if isinstance(event, (Unknown, Malformed)):
        return event.event
    return EVENT_NAMES[type(event)]


# --- reading ------------------------------------------------------------------------------------


class _Unusable(ValueError):
    """The data of an event can't be used; the message says why."""


@dataclass(frozen=True)
class _Fields:
    """The JSON object of an event's data, with typed access."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def string(self, key: str) -> str:
        if key not in self.values:
            raise _Unusable(f"the field {key!r} is missing")
        value = self.values[key]
        if not isinstance(value, str):
            raise _Unusable(f"the field {key!r} is not a string")
        return value

    def string_or_none(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise _Unusable(f"the field {key!r} is not true or false")
        return value

    @property
    def index(self) -> int | None:
        value = self.values.get("index")
        # bool is an int to Python; to the protocol it is not.
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_meta(fields: _Fields) -> Meta:
    content_type = fields.values.get("content_type", MARKDOWN)
    if not isinstance(content_type, str):
        raise _Unusable("the field 'content_type' is not a string")
    return Meta(
        content_type=content_type,
        suggested_replies=fields.boolean("suggested_replies", default=False),
        linkify=fields.boolean("linkify", default=False),
        refetch_settings=fields.boolean("refetch_settings", default=False),
        index=fields.index,
    )


def _read_file(fields: _Fields) -> File:
    return File(
        url=fields.string("url"),
        content_type=fields.string("content_type"),
        name=fields.string("name"),
        inline_ref=fields.string_or_none("inline_ref"),
        index=fields.index,
    )


def _read_error(fields: _Fields) -> Error:
    # Poe and bots alike send nulls and numbers here; an error is never dropped for its form.
    allow_retry = fields.values.get("allow_retry", True)
    return Error(
        text=fields.string_or_none("text"),
        allow_retry=allow_retry if isinstance(allow_retry, bool) else True,
        error_type=fields.string_or_none("error_type"),
        raw_response=fields.values.get("raw_response"),
        index=fields.index,
    )


_READERS: dict[str, Callable[[_Fields], Event]] = {
    "meta": _read_meta,
    "text": lambda f: Text(f.string("text"), f.index),
    "replace_response": lambda f: ReplaceResponse(f.string("text"), f.index),
    "suggested_reply": lambda f: SuggestedReply(f.string("text"), f.index),
    "file": _read_file,
    "data": lambda f: Data(f.string("metadata"), f.index),
    "json": lambda f: Json(f.values, f.index),
    "error": _read_error,
    "done": lambda f: Done(f.index),
}


def event_from_frame(frame: Frame) -> Event:
    """What a frame means. Never raises: see `Unknown` and `Malformed`."""
    if frame.event == "ping":
        return Ping()
    reader = _READERS.get(frame.event)
    if reader is None:
        return Unknown(frame.event, frame.data)
    try:
        values = json.loads(frame.data)
    except (ValueError, RecursionError) as error:
        return Malformed(frame.event, frame.data, f"its data is not JSON: {error}")
    if not isinstance(values, dict):
        return Malformed(frame.event, frame.data, "its data is not a JSON object")
    fields = _Fields(values)
    try:
        return reader(fields)
    except _Unusable as error:
        return Malformed(frame.event, frame.data, str(error), fields.index)


# --- writing ------------------------------------------------------------------------------------


def _check(event: Event) -> None:
    if event.index is not None and event.index < 0:
        raise ValueError("index is a number from 0 on")
    if isinstance(event, Meta) and event.content_type not in CONTENT_TYPES:
        raise ValueError(f"content_type is one of {', '.join(CONTENT_TYPES)}")
    if (
        isinstance(event, Error)
        and event.error_type is not None
        and event.error_type not in ERROR_TYPES
    ):
        raise ValueError(f"error_type is one of {', '.join(ERROR_TYPES)}")
    if isinstance(event, File) and not (event.url and event.name and event.content_type):
        raise ValueError("a file has a url, a name and a content_type")


def _payload(event: Event) -> dict[str, Any]:
    if isinstance(event, Json):
        return dict(event.payload)
    values = {key: value for key, value in vars(event).items() if key != "index"}
    if isinstance(event, (Error, File)):
        return {key: value for key, value in values.items() if value is not None}
    return values


def frame_from_event(event: Event) -> Frame:
    """The frame of an event. Raises ValueError for what Poe could not use."""
    if not isinstance(event, (Unknown, Malformed)):
        _check(event)
    return frame_as_read(event)


def frame_as_read(event: Event) -> Frame:
    """The frame of an event that somebody else wrote, to keep it: nothing is refused."""
    if isinstance(event, (Unknown, Malformed)):
        return Frame(event.event, event.data)
    values = _payload(event)
    if event.index is not None:
        values["index"] = event.index
    return Frame(EVENT_NAMES[type(event)], json.dumps(values, ensure_ascii=False))
