"""Bytes <-> server-sent event frames, incremental. Knows nothing of Poe.

The rules are those of the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream":
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from dataclasses import dataclass

from poecli.errors import BadAnswer

# A single event of Poe is a few kilobytes; tool results and `data` events can be large. Other
# readers: Go's bufio.Scanner stops at 64 KiB, aiohttp's stream reader at 64 KiB a line.
DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_DIGITS = frozenset(b"0123456789")  # int() would also take signs, spaces and other scripts' digits
_RETRY_DIGITS = 18  # more would be no time any more; int() itself refuses 4,301


@dataclass(frozen=True)
class Frame:
    """One dispatched event: its name, its data, and the last event id at that moment."""

    event: str = "message"
    data: str = ""
    id: str = ""


class EventTooLarge(BadAnswer):
    """An event, or a line without end, passed the reader's bound on memory."""

    id = "event-too-large"


class SseDecoder:
    """Turns bytes, cut anywhere, into frames.

    ``retry_ms`` is the last reconnection time the peer asked for. An event that is not closed by
    an empty line when the stream ends is dropped, as the standard says; ``pending`` tells.
    """

    def __init__(self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self.retry_ms: int | None = None
        self.last_event_id = ""
        self._max = max_event_bytes
        self._line_parts: list[bytes] = []
        self._line_bytes = 0
        self._skip_lf = False
        self._at_start = True
        self._event = ""
        self._data: list[str] = []
        self._data_bytes = 0

    @property
    def pending(self) -> bool:
        """True while part of an event has been read and not yet dispatched."""
        return bool(self._line_parts or self._data or self._event)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames completed by ``chunk``. Raises EventTooLarge past the bound."""
        if self._skip_lf and chunk:
            # The line was already ended by the CR that closed the chunk before.
            self._skip_lf = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        # bytes.splitlines() splits on LF, CR and CRLF only: exactly the standard's three.
        lines = chunk.splitlines(keepends=True)
        rest = lines.pop() if lines and not lines[-1].endswith((b"\r", b"\n")) else b""
        self._skip_lf = bool(lines) and not rest and lines[-1].endswith(b"\r")
        frames: list[Frame] = []
        for line in lines:
            self._line_parts.append(line)
            frame = self._take_line(b"".join(self._line_parts).rstrip(b"\r\n"))
            self._line_parts.clear()
            self._line_bytes = 0
            if frame is not None:
                frames.append(frame)
        if rest:
            self._line_parts.append(rest)
            self._line_bytes += len(rest)
            self._check_size()
        return frames

    def _check_size(self) -> None:
        if self._data_bytes + self._line_bytes > self._max:
            raise EventTooLarge(
                f"An event of the answer is larger than {self._max:,} bytes.",
                why="The sender never ended a line or an event.",
                hint="Send long text as several events, and end each with an empty line.",
            )

    def _take_line(self, line: bytes) -> Frame | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value.decode("utf-8", "replace"))
            self._data_bytes += len(value) + 1
            self._check_size()
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self.last_event_id = value.decode("utf-8", "replace")
        elif name == b"retry" and 0 < len(value) <= _RETRY_DIGITS and _DIGITS.issuperset(value):
            self.retry_ms = int(value)
        return None  # a comment (empty name) or an unknown field is ignored

    def _dispatch(self) -> Frame | None:
        data, event = self._data, self._event
        self._data, self._data_bytes, self._event = [], 0, ""
        if not data:
            return None
        return Frame(event or "message", "\n".join(data), self.last_event_id)


def encode_frame(frame: Frame) -> bytes:
    """The bytes of one frame, ended by its empty line.

    Raises ValueError where the name or the id could not be read back (a line end, NUL).
    """
    for value in (frame.event, frame.id):
        if any(c in value for c in "\r\n\0"):
            raise ValueError(f"no line end or NUL may stand in an event's name or id: {value!r}")
    lines = []
    if frame.id:
        lines.append(f"id: {frame.id}")
    if frame.event != "message":
        lines.append(f"event: {frame.event}")
    # A CR can't be sent: the standard reads CR, LF and CRLF alike, as the end of a data line.
    data = frame.data.replace("\r\n", "\n").replace("\r", "\n")
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def encode_comment(text: str = "") -> bytes:
    """A comment line: keeps a connection alive and means nothing."""
    return f": {' '.join(text.split())}\n\n".encode("utf-8", "replace")
