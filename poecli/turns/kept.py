"""One kept turn: the query, the calls that its bot made, and its answer, event for event.

Times are milliseconds; those called ``at_ms`` count from the moment the query came, except a
turn's own, which counts from 1970. Amounts are milli-cents of a US dollar. No key is in any of it:
``access_key`` and ``api_key`` are missing from requests, other places show asterisks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from poecli.protocol.events import File, event_from_frame
from poecli.protocol.reply import Reply
from poecli.protocol.requests import last_text
from poecli.protocol.sse import Frame, SseDecoder
from poecli.turns.files import attached_files, local_file
from poecli.turns.wire import KeptWire


@dataclass(frozen=True)
class RecordedEvent:
    """A frame, and when it came."""

    at_ms: float
    frame: Frame

    def as_json(self) -> dict[str, Any]:
        return {"at_ms": self.at_ms, "event": self.frame.event, "data": self.frame.data}


def _reply_of(events: Iterable[RecordedEvent]) -> Reply:
    reply = Reply()
    for event in events:
        reply.feed(event_from_frame(event.frame))
    return reply


@dataclass(frozen=True)
class KeptAnswer:
    """What the bot sent: ``body``, as it came in ``pieces`` (when, so many bytes).

    ``hung_up`` says that the caller left before the end, ``whole`` that all of it is kept. Where
    it is no event stream (a refusal by status), there are no events.
    """

    body: str = field(default="", repr=False)
    pieces: tuple[tuple[float, int], ...] = ()
    status: int = 200
    total_ms: float = 0.0
    hung_up: bool = False
    whole: bool = True

    @cached_property
    def events(self) -> tuple[RecordedEvent, ...]:
        """Every event, with the time of the piece that completed it."""
        decoder, data = SseDecoder(), self.body.encode()
        found: list[RecordedEvent] = []
        begin = 0
        for at_ms, size in self.pieces or ((self.total_ms, len(data)),):
            frames = decoder.feed(data[begin : begin + size])
            found += [RecordedEvent(at_ms, frame) for frame in frames]
            begin += size
        return tuple(found)

    @cached_property
    def reply(self) -> Reply:
        """What the events amount to: text, files, tool calls, an error, `data`."""
        return _reply_of(self.events)


@dataclass(frozen=True)
class KeptCall:
    """A call to an upstream bot. A turn has them in the order in which they ended.

    ``request`` is the query it was asked with; ``cut`` says that its answer came to no end: the
    connection broke, or the bot left.
    """

    bot: str
    mode: str
    request: Mapping[str, Any] = field(repr=False)
    events: tuple[RecordedEvent, ...] = ()
    at_ms: float = 0.0
    total_ms: float = 0.0
    error: str | None = None
    cut: bool = False

    @cached_property
    def reply(self) -> Reply:
        """What the events amount to: text, files, tool calls, an error, `data`."""
        return _reply_of(self.events)

    def as_json(self) -> dict[str, Any]:
        return {
            "bot": self.bot,
            "mode": self.mode,
            "at_ms": self.at_ms,
            "total_ms": self.total_ms,
            "error": self.error,
            "cut": self.cut,
            "request": self.request,
            "text": self.reply.text,
            "events": [event.as_json() for event in self.events],
        }


@dataclass(frozen=True)
class KeptCost:
    """A cost that the bot asked to ``authorize`` or ``capture`` (``kind``)."""

    kind: str
    amount: int
    ok: bool
    at_ms: float = 0.0


@dataclass(frozen=True)
class KeptPrint:
    """What the bot printed or logged, on ``stdout`` or ``stderr``."""

    text: str
    stream: str = "stdout"
    at_ms: float = 0.0


@dataclass(frozen=True)
class KeptFault:
    """Something that went wrong: ``kind`` is raised, violation, refused or advice.

    ``name`` is a rule's id, or empty; ``detail`` a traceback, or what to do.
    """

    kind: str
    message: str
    name: str = ""
    detail: str = ""


@dataclass(frozen=True)
class KeptFile:
    """A file that a message, an answer or a call names by ``url``; its bytes are kept."""

    url: str
    name: str
    content_type: str
    source: Path | bytes = field(repr=False)

    def read(self) -> bytes:
        """Its bytes. Raises OSError."""
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()


@dataclass(frozen=True)
class KeptTurn:
    """One turn. ``number`` counts a project's turns from 1 and stays; ``id`` is unique anywhere.

    ``whole`` is False for one that an older version kept: of its conversation ``request`` holds
    the last message alone, so it can't be asked again as it was.
    """

    number: int
    id: str
    at_ms: int
    bot: str
    request: Mapping[str, Any] = field(repr=False)
    answer: KeptAnswer = KeptAnswer()
    path: str = "/"
    wire: KeptWire = field(default=KeptWire(), repr=False)
    calls: tuple[KeptCall, ...] = ()
    costs: tuple[KeptCost, ...] = ()
    prints: tuple[KeptPrint, ...] = ()
    faults: tuple[KeptFault, ...] = ()
    stored: tuple[KeptFile, ...] = field(default=(), repr=False)
    whole: bool = True
    folder: Path | None = field(default=None, repr=False, compare=False)

    @cached_property
    def files(self) -> tuple[KeptFile, ...]:
        """The files that its messages, its answer and its calls name, as far as they are kept."""
        found = {file.url: file for file in self.stored}
        for file in self._named():
            source = local_file(self.folder, file.url) if self.folder else None
            if source is not None and file.url not in found:
                found[file.url] = KeptFile(file.url, file.name, file.content_type, source)
        return tuple(found.values())

    def _named(self) -> Iterator[File]:
        for request in (self.request, *(call.request for call in self.calls)):
            yield from attached_files(request)
        yield from self.answer.reply.files
        for call in self.calls:
            yield from call.reply.files

    @property
    def raw_request(self) -> str:
        """The query as it came, head and body, but for keys; "" where that is not kept."""
        return self.wire.request(self.request)

    @property
    def question(self) -> str:
        """What the user said last."""
        return last_text(self.request)

    @property
    def cost(self) -> int:
        """What was captured."""
        return sum(cost.amount for cost in self.costs if cost.ok and cost.kind == "capture")

    @property
    def text(self) -> str:
        """The answer's text, as a user saw it."""
        return self.answer.reply.text

    @property
    def outcome(self) -> str:
        """ok, error, cut (the answer came to no end), or stopped (the caller left)."""
        answer = self.answer
        if answer.reply.error is not None or answer.status >= HTTPStatus.BAD_REQUEST:
            return "error"
        if answer.hung_up:
            return "stopped"
        return "ok" if answer.reply.done or not answer.whole else "cut"
