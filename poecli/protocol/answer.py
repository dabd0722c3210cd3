"""One answer read: bytes and times in; events, a `Reply` and broken rules out.

The client, the trace of `poe dev` and `poe check` read by it. It opens, waits and measures nothing.
"""

from __future__ import annotations

import re

from poecli.protocol import events as ev
from poecli.protocol.foreign_json import loads
from poecli.protocol.reply import FAR_BEYOND, Reply, Violation
from poecli.protocol.sse import EventTooLarge, SseDecoder

# What nearly every answer is that fastapi_poe sends whole: pieces of text, then `done`.
_CHARACTER = rb'[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}'
_TEXT = rb'event: text\r\ndata: \{"text": "((?:%b)*)"\}\r\n\r\n' % _CHARACTER
_PLAIN = re.compile(rb"(?:%b)+event: done\r\ndata: \{\}\r\n\r\n" % _TEXT)
# Of a surrogate pair whose halves may stand in two pieces, each whole by itself.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_PIECE = re.compile(_TEXT)


class EventReader:
    """Bytes of one answer, cut anywhere, and their times in; events out.

    For who passes events on: a `Reply` beside it would cost two thirds more (3 µs an event).
    ``too_large`` is the event that ended the reading, ``first_at`` the time given with the first
    event that is no ping.
    """

    def __init__(self) -> None:
        self.too_large: EventTooLarge | None = None
        self.first_at: float | None = None
        self._decoder = SseDecoder()

    @property
    def pending(self) -> bool:
        """True while part of an event has been read."""
        return self._decoder.pending

    def feed(self, chunk: bytes, at: float = 0.0) -> list[ev.Event]:
        """The events that ``chunk`` completes; none any more after one that is too large."""
        if self.too_large is not None:
            return []
        try:
            events = [ev.event_from_frame(frame) for frame in self._decoder.feed(chunk)]
        except EventTooLarge as error:
            self.too_large = error
            return []
        if self.first_at is None and not all(isinstance(event, ev.Ping) for event in events):
            self.first_at = at
        return events


class AnswerReader(EventReader):
    """Reads one answer also for what it amounts to: its `Reply`, and the rules it breaks."""

    def __init__(self) -> None:
        super().__init__()
        self.reply = Reply(FAR_BEYOND)
        self.violations: list[Violation] = []
        self._begun = False

    def feed(self, chunk: bytes, at: float = 0.0) -> list[ev.Event]:
        """The events that ``chunk`` completes; an event too large is a violation."""
        self._begun = True
        readable = self.too_large is None
        events = super().feed(chunk, at)
        if readable and self.too_large is not None:
            self.violations.append(Violation("malformed-event", self.too_large.message))
        for event in events:
            self.violations += self.reply.feed(event)
        return events

    def read_whole(self, answer: bytes) -> list[ev.Event]:
        """The events of an answer of which nothing was read before.

        One of text alone is read at once, its pieces as one event with their number: what it says,
        and what rules say of it, is the same. (A tenth of the time of event by event.)
        """
        if self._begun or _HALF.search(answer) or not _PLAIN.fullmatch(answer):
            return self.feed(answer)
        self._begun = True
        pieces = _PIECE.findall(answer)
        events: list[ev.Event] = [ev.Text(loads(b'"%b"' % b"".join(pieces))), ev.Done()]
        for event in events:
            self.violations += self.reply.feed(event)
        self.reply.event_count += len(pieces) - 1
        return events

    def end(self) -> None:
        """The stream has ended, and not by its reader's hanging up."""
        self.violations += self.reply.end()
