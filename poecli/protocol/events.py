"""The events of an answer, and their form on the wire.

https://creator.poe.com/docs/server-bots/poe-protocol-specification ("Events")

Reading is tolerant: an unknown event becomes `Unknown`, one whose data can't be used becomes
`Malformed`, so that a reader decides what to do and nothing is lost. Writing is strict: an event
that Poe could not use raises ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from poecli.protocol.foreign_json import loads
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


def is_content(event: Event) -> bool:
    """Whether Poe has something to show of it: `meta`, data, pings and empty texts are none."""
    if isinstance(event, (Text, ReplaceResponse)):
        return bool(event.text)
    return isinstance(event, (File, Json, Error))


def event_name(event: Event) -> str:
    """The event's name on the wire."""
    if isinstance(event, (Unknown, Malformed)):
        return event.event
    return EVENT_NAMES[type(event)]


# --- reading ------------------------------------------------------------------------------------

# A plain dict and functions, no object around it: this runs for every event of every answer.
_Values = dict[str, Any]


class _Unusable(ValueError):
    """The data of an event can't be used; the message says why."""


def _string(values: _Values, key: str) -> str:
    value = values.get(key)
    if isinstance(value, str):
        return value
    raise _Unusable(f"the field {key!r} is {'not a string' if key in values else 'missing'}")


def _string_or_none(values: _Values, key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None


def _boolean(values: _Values, key: str) -> bool:
    value = values.get(key, False)
    if not isinstance(value, bool):
        raise _Unusable(f"the field {key!r} is not true or false")
    return value


def _index(values: _Values) -> int | None:
    value = values.get("index")
    # A number below 0 names no answer. bool is an int to Python; to the protocol it is not.
    return value if type(value) is int and value >= 0 else None


def _read_meta(values: _Values) -> Meta:
    return Meta(
        content_type=_string(values, "content_type") if "content_type" in values else MARKDOWN,
        suggested_replies=_boolean(values, "suggested_replies"),
        linkify=_boolean(values, "linkify"),
        refetch_settings=_boolean(values, "refetch_settings"),
        index=_index(values),
    )


def _read_file(values: _Values) -> File:
    return File(
        url=_string(values, "url"),
        content_type=_string(values, "content_type"),
        name=_string(values, "name"),
        inline_ref=_string_or_none(values, "inline_ref"),
        index=_index(values),
    )


def _read_error(values: _Values) -> Error:
    # Poe and bots alike send nulls and numbers here; an error is never dropped for its form.
    allow_retry = values.get("allow_retry", True)
    return Error(
        text=_string_or_none(values, "text"),
        allow_retry=allow_retry if isinstance(allow_retry, bool) else True,
        error_type=_string_or_none(values, "error_type"),
        raw_response=values.get("raw_response"),
        index=_index(values),
    )


_READERS: dict[str, Callable[[_Values], Event]] = {
    "meta": _read_meta,
    "text": lambda v: Text(_string(v, "text"), _index(v)),
    "replace_response": lambda v: ReplaceResponse(_string(v, "text"), _index(v)),
    "suggested_reply": lambda v: SuggestedReply(_string(v, "text"), _index(v)),
    "file": _read_file,
    "data": lambda v: Data(_string(v, "metadata"), _index(v)),
    "json": lambda v: Json(v, _index(v)),
    "error": _read_error,
    "done": lambda v: Done(_index(v)),
}


def event_from_frame(frame: Frame) -> Event:
    """What a frame means. Never raises: see `Unknown` and `Malformed`."""
    name, data, _ = frame
    if name == "ping":
        return Ping()
    reader = _READERS.get(name)
    if reader is None:
        return Unknown(name, data)
    try:
        values = loads(data)
    except ValueError as error:
        return Malformed(name, data, f"its data is not JSON: {error}")
    if not isinstance(values, dict):
        return Malformed(name, data, "its data is not a JSON object")
    try:
        return reader(values)
    except _Unusable as error:
        return Malformed(name, data, str(error), _index(values))


# --- writing ------------------------------------------------------------------------------------


def _check(event: Event) -> None:
    if event.index is not None and event.index < 0:
        raise ValueError("index must be a whole number, 0 or more")
    if isinstance(event, Meta) and event.content_type not in CONTENT_TYPES:
        raise ValueError(f"content_type must be one of {', '.join(CONTENT_TYPES)}")
    if (
        isinstance(event, Error)
        and event.error_type is not None
        and event.error_type not in ERROR_TYPES
    ):
        raise ValueError(f"error_type must be one of {', '.join(ERROR_TYPES)}")
    if isinstance(event, File) and not (event.url and event.name and event.content_type):
        raise ValueError("a file must have a url, a name and a content_type")


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
    try:
        # NaN and Infinity are Python's own: Poe's JSON reader has no such numbers.
        data = json.dumps(values, ensure_ascii=False, allow_nan=False)
    except TypeError as error:
        raise ValueError(
            f"the data of `{EVENT_NAMES[type(event)]}` is not JSON: {error}"
        ) from error
    return Frame(EVENT_NAMES[type(event)], data)
