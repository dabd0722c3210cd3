"""Bytes <-> server-sent event frames, incremental. Knows nothing of Poe.

The rules are those of the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream":
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from typing import NamedTuple

from poecli.errors import BadAnswer

# A single event of Poe is a few kilobytes; tool results and `data` events can be large. Other
# readers: Go's bufio.Scanner stops at 64 KiB, aiohttp's stream reader at 64 KiB a line.
DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024

_LINE_ENDS = (b"\n", b"\r")
_BOM = b"\xef\xbb\xbf"
_DIGITS = frozenset(b"0123456789")  # int() would also take signs, spaces and other scripts' digits
_RETRY_DIGITS = 18  # more would be no time any more; int() itself refuses 4,301


class Frame(NamedTuple):
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
        self._line = bytearray()  # the line that has not ended yet
        self._data = bytearray()  # the event's data so far, a LF after each line
        self._event = ""
        self._skip_lf = False
        self._at_start = True

    @property
    def pending(self) -> bool:
        """True while part of an event has been read and not yet dispatched."""
        return bool(self._line or self._data or self._event)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames completed by ``chunk``.

        Raises EventTooLarge past the bound, wherever the bytes are cut; the frames of the same
        chunk are lost with it, and so is the stream.
        """
        if not chunk:
            return []
        if self._skip_lf and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # the line was already ended by the CR that closed the chunk before
        self._skip_lf = chunk.endswith(b"\r")
        # bytes.splitlines() splits on LF, CR and CRLF only: exactly the standard's three.
        lines = chunk.splitlines()
        rest = lines.pop() if lines and not chunk.endswith(_LINE_ENDS) else b""
        frames = self._take_lines(lines) if lines else []
        if rest:
            self._line += rest
            if len(self._data) + len(self._line) > self._max:
                raise self._too_large()
        return frames

    def _too_large(self) -> EventTooLarge:
        return EventTooLarge(
            f"An event of the answer is larger than {self._max:,} bytes.",
            why="The sender did not end a line or an event.",
            hint="Send long text as several events, and end each with an empty line.",
        )

    def _take_lines(self, lines: list[bytes]) -> list[Frame]:
        if self._line:
            lines[0] = bytes(self._line) + lines[0]
            self._line.clear()
        if self._at_start:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        frames: list[Frame] = []
        for line in lines:
            if line:
                if len(self._data) + len(line) > self._max:
                    raise self._too_large()
                self._take_field(line)
            elif self._data:
                data = self._data.decode("utf-8", "replace")[:-1]
                frames.append(Frame(self._event or "message", data, self.last_event_id))
                self._data.clear()
                self._event = ""
            else:
                self._event = ""  # an event without data is none
        return frames

    def _take_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data += value
            self._data += b"\n"
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self.last_event_id = value.decode("utf-8", "replace")
        elif name == b"retry" and 0 < len(value) <= _RETRY_DIGITS and _DIGITS.issuperset(value):
            self.retry_ms = int(value)
        # A comment (its name is empty) or an unknown field is ignored.


def encode_frame(frame: Frame) -> bytes:
    """The bytes of one frame, ended by its empty line.

    Raises ValueError where the name or the id could not be read back (a line end, NUL, no name).
    """
    if not frame.event:
        raise ValueError("a frame has a name; without one it is called 'message'")
    for value in (frame.event, frame.id):
        if any(c in value for c in "\r\n\0"):
            raise ValueError(f"an event's name or id must not contain a line end or NUL: {value!r}")
    lines = []
    if frame.id:
        lines.append(f"id: {frame.id}")
    if frame.event != "message":
        lines.append(f"event: {frame.event}")
    # A CR can't be sent: the standard reads CR, LF and CRLF alike, as the end of a data line.
    data = frame.data.replace("\r\n", "\n").replace("\r", "\n")
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")
