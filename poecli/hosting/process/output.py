"""What the bot prints, sent to the parent with the turn it belongs to.

A context variable names the turn; tasks and `asyncio.to_thread` inherit it. What is written
past Python (a C library, a crash) goes to the process's own stderr, which the parent reads too.
"""

from __future__ import annotations

import io
import sys
from contextvars import ContextVar

from poecli.hosting.process.channel import Channel
from poecli.hosting.process.messages import OutputLine

CURRENT_TURN: ContextVar[int | None] = ContextVar("CURRENT_TURN", default=None)
_LONGEST = 32_768  # characters of one message; more is sent in several


class TaggedStream(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr: whole lines go up the channel at once."""

    def __init__(self, channel: Channel, name: str) -> None:
        self._channel = channel
        self._name = name
        self._partial: dict[int | None, str] = {}

    @property
    def encoding(self) -> str:  # type: ignore[override] # a property in typeshed's TextIOBase too
        """Text stays text; the channel carries it as JSON."""
        return "utf-8"

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Send the complete lines of ``text``; the rest waits for its end or a flush."""
        turn = CURRENT_TURN.get()
        held = self._partial.pop(turn, "") + text
        lines, newline, rest = held.rpartition("\n")
        if newline:
            self._send(lines, turn)
        if len(rest) > _LONGEST:
            self._send(rest, turn)
        elif rest:
            self._partial[turn] = rest
        return len(text)

    def flush(self) -> None:
        """Send what has no line end yet."""
        for turn, text in list(self._partial.items()):
            del self._partial[turn]
            self._send(text, turn)

    def _send(self, text: str, turn: int | None) -> None:
        for start in range(0, len(text) or 1, _LONGEST):
            part = text[start : start + _LONGEST]
            self._channel.send(OutputLine(part, self._name, turn))


def capture(channel: Channel) -> None:
    """From now on, what Python prints in this process goes up the channel."""
    sys.stdout = TaggedStream(channel, "stdout")
    sys.stderr = TaggedStream(channel, "stderr")
