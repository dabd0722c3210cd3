"""One answer read: bytes in; events, a `Reply` and broken rules out.

Used by whoever looks at an answer beside its way: it opens, waits and measures nothing.
"""

from __future__ import annotations

import re

from poecli.protocol import events as ev
from poecli.protocol.foreign_json import loads
from poecli.protocol.reply import Reply, Violation
from poecli.protocol.sse import EventTooLarge, SseDecoder

# What nearly every answer is that fastapi_poe sends whole: pieces of text, then `done`.
_CHARACTER = rb'[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}'
_TEXT = rb'event: text\r\ndata: \{"text": "((?:%b)*)"\}\r\n\r\n' % _CHARACTER
_PLAIN = re.compile(rb"(?:%b)+event: done\r\ndata: \{\}\r\n\r\n" % _TEXT)
# Of a surrogate pair whose halves may stand in two pieces, each whole by itself.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_PIECE = re.compile(_TEXT)


class AnswerReader:
    """Reads the bytes of one answer, in pieces cut anywhere."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.violations: list[Violation] = []
        self._new_events: list[ev.Event] = []
        self._decoder: SseDecoder | None = SseDecoder()
        self._begun = False

    def feed(self, chunk: bytes) -> None:
        """Read on; nothing more is read after an event that is too large."""
        self._begun = True
        if self._decoder is None:
            return
        try:
            frames = self._decoder.feed(chunk)
        except EventTooLarge as error:
            self._decoder = None
            self.violations.append(Violation("malformed-event", error.message))
            return
        for frame in frames:
            event = ev.event_from_frame(frame)
            self.violations += self.reply.feed(event)
            self._new_events.append(event)

    def read_whole(self, answer: bytes) -> None:
        """Read an answer of which nothing was read before.

        One of text alone is read at once, its pieces as one event with their number: what it says,
        and what rules say of it, is the same. (A tenth of the time of event by event.)
        """
        if self._begun or _HALF.search(answer) or not _PLAIN.fullmatch(answer):
            self.feed(answer)
            return
        self._begun = True
        pieces = _PIECE.findall(answer)
        text = loads(b'"%b"' % b"".join(pieces))
        for event in (ev.Text(text), ev.Done()):
            self.violations += self.reply.feed(event)
        self.reply.event_count += len(pieces) - 1
        self._new_events += [ev.Text(text), ev.Done()]

    def end(self) -> None:
        """The stream has ended, and not by its reader's hanging up."""
        self.violations += self.reply.end()

    def take_events(self) -> tuple[ev.Event, ...]:
        """The events since the last time."""
        events, self._new_events = tuple(self._new_events), []
        return events

    def take_violations(self) -> list[Violation]:
        """The violations since the last time."""
        found, self.violations = self.violations, []
        return found
