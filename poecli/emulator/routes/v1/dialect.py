"""What a dialect brings to the one way of answering, and what it is handed.

A dialect reads a body and makes a writer; the endpoint asks the bot and hands the writer what the
answer adds, as `Piece`s: an object for a whole answer, frames for a streamed one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from poecli.emulator.refusals import Refusal
from poecli.protocol import events as ev
from poecli.protocol.reply import CallNumbers, Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.sse import Frame

_CHARACTERS_A_TOKEN = 4  # a rule of thumb: no tokenizer belongs in a stand-in


@dataclass(frozen=True)
class TextPiece:
    """Text to append."""

    text: str


@dataclass(frozen=True)
class CallPiece:
    """The bot calls a tool; its arguments follow. ``number`` counts the calls of an answer."""

    number: int
    id: str
    name: str


@dataclass(frozen=True)
class ArgumentsPiece:
    """More of the JSON text of a call's arguments."""

    number: int
    text: str


Piece = TextPiece | CallPiece | ArgumentsPiece


class AnswerWriter(Protocol):
    """Writes one answer. What `whole` returns is right once `end` was called."""

    def begin(self) -> list[Frame]:
        """What comes before the first piece."""
        ...

    def add(self, piece: Piece) -> list[Frame]:
        """One more piece."""
        ...

    def end(self) -> list[Frame]:
        """The answer is complete."""
        ...

    def fail(self, refusal: Refusal) -> list[Frame]:
        """The answer broke off; what was streamed can't be taken back."""
        ...

    def whole(self) -> dict[str, Any]:
        """The answer as one object."""
        ...


@dataclass(frozen=True)
class Asked:
    """What a body asks for. ``extra`` are the fields that the dialect itself does not have."""

    model: str
    query: QueryRequest
    stream: bool
    writer: AnswerWriter
    extra: Mapping[str, Any] = field(default_factory=dict)


class Dialect(Protocol):
    """One endpoint of another's API."""

    path: str

    def read(self, body: Any, headers: Mapping[str, str]) -> Asked:
        """What a request asks for. Raises BadRequest, and Refused for what Poe would not do."""
        ...

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """The body of a refusal."""
        ...


class Pieces:
    """What the events of an answer add to a stream.

    A stream can't take text back: a replacement goes on after what was sent.
    """

    def __init__(self) -> None:
        self._numbers = CallNumbers()
        self._begun: set[int] = set()

    def of(self, event: ev.Event) -> Iterator[Piece]:
        """The pieces of one event; none for what no dialect can say."""
        if isinstance(event, (ev.Text, ev.ReplaceResponse)) and event.text:
            yield TextPiece(event.text)
        elif isinstance(event, ev.File):
            yield TextPiece(link_to(event))
        elif isinstance(event, ev.Json):
            for delta in _call_deltas(event.payload):
                yield from self._of_call(delta)

    def _of_call(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        function = delta.get("function")
        function = function if isinstance(function, Mapping) else {}
        number, call_id, name = self._numbers.of(delta), delta.get("id"), function.get("name")
        if number not in self._begun:
            if not isinstance(call_id, str) or not isinstance(name, str):
                return
            self._begun.add(number)
            yield CallPiece(number, call_id, name)
        arguments = function.get("arguments")
        if isinstance(arguments, str) and arguments:
            yield ArgumentsPiece(number, arguments)


def pieces_of(reply: Reply) -> Iterator[Piece]:
    """The pieces of an answer that is known whole."""
    text = reply.text + "".join(link_to(file) for file in reply.files)
    if text:
        yield TextPiece(text)
    for number, call in enumerate(reply.tool_calls):
        yield CallPiece(number, call["id"], call["function"]["name"])
        if call["function"]["arguments"]:
            yield ArgumentsPiece(number, call["function"]["arguments"])


def link_to(file: ev.File) -> str:
    """A file within the text: a picture shows, anything else is a link."""
    mark = "!" if file.content_type.startswith("image/") else ""
    return f"\n\n{mark}[{file.name}]({file.url})"


def new_id(prefix: str) -> str:
    """An id of the API whose ids begin so."""
    return f"{prefix}{secrets.token_hex(12)}"


def tokens(characters: int) -> int:
    """About so many tokens."""
    return characters // _CHARACTERS_A_TOKEN + 1


def prompt_characters(query: QueryRequest) -> int:
    """The size of what is asked."""
    return sum(len(message.content) for message in query.query)


def _call_deltas(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    choices = payload.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    delta = choice.get("delta") if isinstance(choice, Mapping) else None
    calls = delta.get("tool_calls") if isinstance(delta, Mapping) else None
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, Mapping):
            yield call
