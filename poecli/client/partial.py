"""The pieces of an answer as scripts get them: the same attributes as fastapi_poe's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poecli.protocol import events as ev
from poecli.protocol.messages import Attachment


@dataclass(frozen=True)
class FunctionDelta:
    """A piece of a function call: its name in the first piece only, and more of its arguments."""

    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True)
class ToolCallDelta:
    """A piece of a tool call; ``index`` tells to which call it belongs."""

    index: int = 0
    id: str | None = None
    type: str | None = None
    function: FunctionDelta = FunctionDelta()


@dataclass(frozen=True)
class PartialResponse:
    """One piece of an answer.

    ``text`` is to be appended, or, with ``is_replace_response``, to take the place of all before;
    with ``is_suggested_reply`` it is no part of the answer. ``data`` is the payload of a ``json``
    event, ``attachment`` a file, ``tool_calls`` the deltas of calls that a model asks for.
    ``full_prompt`` exists for fastapi_poe's sake and is always None.
    """

    text: str
    data: Mapping[str, Any] | None = None
    raw_response: Any = None
    full_prompt: str | None = None
    is_suggested_reply: bool = False
    is_replace_response: bool = False
    attachment: Attachment | None = None
    tool_calls: tuple[ToolCallDelta, ...] = ()
    index: int | None = None


@dataclass(frozen=True)
class MetaResponse(PartialResponse):
    """How to show the answer; comes first, and has no text."""

    content_type: str = ev.MARKDOWN
    suggested_replies: bool = False
    linkify: bool = False
    refetch_settings: bool = False


def partial_from_event(event: ev.Event) -> PartialResponse | None:
    """The piece an event makes; None for those a script has no use for."""
    make = _MAKE.get(type(event))
    return make(event) if make else None


def _attachment(file: ev.File) -> Attachment:
    return Attachment(
        url=file.url,
        content_type=file.content_type,
        name=file.name,
        inline_ref=file.inline_ref,
    )


_MAKE: dict[type[Any], Any] = {
    ev.Text: lambda e: PartialResponse(e.text, index=e.index),
    ev.ReplaceResponse: lambda e: PartialResponse(e.text, is_replace_response=True, index=e.index),
    ev.SuggestedReply: lambda e: PartialResponse(e.text, is_suggested_reply=True, index=e.index),
    ev.File: lambda e: PartialResponse("", attachment=_attachment(e), index=e.index),
    ev.Json: lambda e: PartialResponse("", data=e.payload, index=e.index),
    ev.Meta: lambda e: MetaResponse(
        "",
        content_type=e.content_type,
        suggested_replies=e.suggested_replies,
        linkify=e.linkify,
        refetch_settings=e.refetch_settings,
        index=e.index,
    ),
}
