"""Cassettes: answers of the real Poe, kept with every event, its boundaries and its time.

One JSON object a line. An answer is a `request` line, its `event` lines and an `end` line, written
at once when the answer is over; what lacks its end was never recorded. An answer recorded again in
a later run takes the place of the earlier ones.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poecli.config.redaction import masked_frames, usable_keys
from poecli.errors import UsageError
from poecli.protocol.sse import Frame
from poecli.safe_files import JsonLines
from poecli.suggestions import shown_path
from poecli.system_errors import explained
from poecli.turns.kept import RecordedEvent

_SHOWN_LINES = 14


@dataclass(frozen=True)
class Recording:
    """One answer. ``cut`` says that the connection broke before it was whole."""

    bot: str
    request: Mapping[str, Any]
    events: tuple[RecordedEvent, ...]
    cut: bool = False
    run: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """What requests are matched by."""
        return hashlib.sha256(_canonical(self.bot, self.request).encode()).hexdigest()


def _canonical(bot: str, request: Mapping[str, Any]) -> str:
    return json.dumps([bot, request], sort_keys=True, ensure_ascii=False)


class Cassette:
    """A file of recordings."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lines = JsonLines(file)
        self._run = secrets.token_hex(4)
        self._recordings: dict[str, list[Recording]] = {}
        self._played: dict[str, int] = {}
        self._read_at: tuple[int, int] | None = None

    def add(self, recording: Recording, keys: Sequence[str]) -> None:
        """Keep an answer, without the keys. Raises UsageError when it can't be written."""
        frames = masked_frames([e.frame for e in recording.events], usable_keys(keys))
        request = {"v": 1, "type": "request", "run": self._run, "bot": recording.bot}
        lines: list[dict[str, Any]] = [{**request, "request": recording.request}]
        for event, frame in zip(recording.events, frames, strict=True):
            line = {"type": "event", "at_ms": event.at_ms, "event": frame.event}
            lines.append({**line, "data": frame.data})
        lines.append({"type": "end", "cut": recording.cut})
        try:
            self._lines.append(*lines)
        except OSError as error:
            message = f"The cassette {shown_path(self.file)} can't be written."
            raise UsageError(message, **explained(error)) from error

    def next_for(self, bot: str, request: Mapping[str, Any]) -> Recording:
        """The recorded answer to a request: the first, then the second, then the last for ever.

        Raises UsageError that shows the nearest recorded request and the difference.
        """
        self._refresh()
        key = Recording(bot, request, ()).key
        found = self._recordings.get(key)
        if not found:
            raise self._missing(bot, request)
        played = self._played.get(key, 0)
        self._played[key] = played + 1
        return found[min(played, len(found) - 1)]

    def check(self) -> None:
        """Raises UsageError when there is no such cassette, or nothing in it."""
        self._refresh()
        if not self._recordings:
            raise UsageError(
                f"The cassette {self.file} has no answers.",
                why="None of its lines is a complete recorded answer.",
                hint=f"Record one: --bot NAME=record:{self.file.name}",
            )

    def _refresh(self) -> None:
        try:
            status = self.file.stat()
        except OSError as error:
            raise UsageError(
                f"The cassette {shown_path(self.file)} can't be read.",
                **explained(error, hint=f"Record it first: --bot NAME=record:{self.file.name}"),
            ) from error
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp == self._read_at:
            return
        self._read_at = stamp
        self._recordings.clear()
        for recording in read_recordings(self._lines):
            earlier = self._recordings.setdefault(recording.key, [])
            if earlier and earlier[-1].run != recording.run:
                earlier.clear()
            earlier.append(recording)

    def _missing(self, bot: str, request: Mapping[str, Any]) -> UsageError:
        wanted = _canonical_lines(bot, request)
        others = [recordings[-1] for recordings in self._recordings.values()]
        hint = f"Record it: --bot {bot}=record:{self.file.name}"
        message = f"{self.file.name} has no answer to this request to {bot}."
        if not others:
            return UsageError(message, why="The cassette is empty.", hint=hint)
        nearest = max(others, key=lambda other: _likeness(wanted, other))
        difference = difflib.unified_diff(
            _canonical_lines(nearest.bot, nearest.request), wanted, "recorded", "asked", n=1
        )
        lines = [line.rstrip("\n") for line in difference]
        shown = "\n".join(lines[:_SHOWN_LINES] + ["…"] * (len(lines) > _SHOWN_LINES))
        return UsageError(message, why=f"The closest recorded request differs:\n{shown}", hint=hint)


def _canonical_lines(bot: str, request: Mapping[str, Any]) -> list[str]:
    text = json.dumps({"bot": bot, **request}, sort_keys=True, ensure_ascii=False, indent=1)
    return text.splitlines()


def _likeness(wanted: list[str], other: Recording) -> float:
    lines = _canonical_lines(other.bot, other.request)
    by_lines = difflib.SequenceMatcher(None, wanted, lines).ratio()
    by_words = difflib.SequenceMatcher(None, " ".join(wanted)[:2000], " ".join(lines)[:2000])
    return by_lines + by_words.quick_ratio()


def read_recordings(lines: JsonLines) -> Iterator[Recording]:
    """Every whole recording of a cassette, in its order."""
    start: dict[str, Any] | None = None
    events: list[RecordedEvent] = []
    for line in lines.read():
        kind = line.get("type")
        if kind == "request":
            start, events = line, []
        elif kind == "event" and start is not None:
            frame = Frame(str(line.get("event")), str(line.get("data")))
            events.append(RecordedEvent(float(line.get("at_ms") or 0), frame))
        elif kind == "end" and start is not None:
            yield Recording(
                str(start.get("bot")),
                start.get("request") or {},
                tuple(events),
                cut=bool(line.get("cut")),
                run=str(start.get("run")),
            )
            start = None
