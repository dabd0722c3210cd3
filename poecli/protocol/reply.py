"""One answer: what it amounts to so far, and every way in which it breaks the protocol.

The legal order of events is the table `TRANSITIONS`: "in state S, event E leads to T"; whatever
is missing there is a violation, and leaves the state as it was. Rules that do not fit a table
(limits, suggested replies without ``meta``) are checked beside it, in `Reply.feed`.
Source: https://creator.poe.com/docs/server-bots/poe-protocol-specification ("Events"), and
fastapi_poe 0.0.83 as it behaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from poecli.protocol import events as ev
from poecli.protocol import limits
from poecli.protocol.foreign_json import loads

# A string of five letters takes eleven times its size; joining each time would copy too much.
_MOST_PARTS = 1024
# Times Poe's limits: a bot without an end must not fill the memory of who only looks on.
FAR_BEYOND = 4


class State(Enum):
    """How far an answer has come."""

    START = "before the first event"
    OPEN = "within the answer"
    FAILED = "after an error"
    ENDED = "after done"


_CONTENT = (ev.Text, ev.ReplaceResponse, ev.SuggestedReply, ev.File, ev.Data, ev.Json)

TRANSITIONS: dict[tuple[State, type[Any]], State] = {
    (State.START, ev.Meta): State.OPEN,
    **{(State.START, kind): State.OPEN for kind in _CONTENT},
    **{(State.OPEN, kind): State.OPEN for kind in _CONTENT},
    (State.START, ev.Error): State.FAILED,
    (State.OPEN, ev.Error): State.FAILED,
    # `done` as the very first event is legal order; that it says nothing is `empty-answer`.
    (State.START, ev.Done): State.ENDED,
    (State.OPEN, ev.Done): State.ENDED,
    (State.FAILED, ev.Done): State.ENDED,
}

# Ignored wherever they stand, by the protocol itself; so is `Ping`, before it gets here.
_ANYWHERE = (ev.Unknown, ev.Malformed)

_ORDER_RULES: dict[tuple[State, type[Any]], str] = {
    (State.OPEN, ev.Meta): "meta-not-first",
    (State.FAILED, ev.Meta): "event-after-error",
}


@dataclass(frozen=True)
class Violation:
    """A broken rule: its id in `protocol.rules`, and what was seen."""

    rule: str
    detail: str


class CallNumbers:
    """Which of several calls a delta belongs to.

    Its ``index`` says so; some servers leave it out, or give all calls the same one: there a new
    id begins a new call, and a delta without an id goes on with the last.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, int] = {}
        self._last = 0

    def of(self, delta: Mapping[str, Any]) -> int:
        """The number of the call, from 0."""
        index, call = delta.get("index"), delta.get("id")
        taken = self._by_id.values()
        number = index if isinstance(index, int) else self._last
        if isinstance(call, str) and call:
            if call in self._by_id:
                number = self._by_id[call]
            elif number in taken or (not isinstance(index, int) and taken):
                number = max(taken) + 1
            self._by_id.setdefault(call, number)
        self._last = number
        return number


class ToolCalls:
    """Tool calls put together from the deltas of ``json`` events.

    https://platform.openai.com/docs/guides/function-calling#streaming
    """

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, Any]] = {}
        self._numbers = CallNumbers()

    def feed(self, payload: Mapping[str, Any]) -> None:
        """Take the deltas of one chunk; anything of another form is passed over."""
        choices = payload.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        delta = first.get("delta") if isinstance(first, dict) else None
        deltas = delta.get("tool_calls") if isinstance(delta, dict) else None
        for item in deltas if isinstance(deltas, list) else []:
            if isinstance(item, dict):
                self._add(item)

    def _add(self, item: dict[str, Any]) -> None:
        function = item.get("function")
        function = function if isinstance(function, dict) else {}
        index = self._numbers.of(item)
        arguments = function.get("arguments")
        arguments = arguments if isinstance(arguments, str) else ""
        if index in self._calls:
            self._calls[index]["function"]["arguments"] += arguments
        elif isinstance(item.get("id"), str) and isinstance(function.get("name"), str):
            # The first delta of a call carries its id and name; later ones only arguments.
            self._calls[index] = {
                "id": item["id"],
                "type": item.get("type") or "function",
                "function": {"name": function["name"], "arguments": arguments},
            }

    def complete(self) -> list[dict[str, Any]]:
        """The calls so far, in the order they began: {id, type, function {name, arguments}}."""
        return list(self._calls.values())


class Reply:
    """One answer, fed event by event.

    Of one that is larger than Poe's limits, ``times`` over, the rest is counted and not kept.
    """

    def __init__(self, times: float = math.inf) -> None:
        self._most_characters = times * limits.ANSWER_CHARACTERS.value
        self._most_events = times * limits.ANSWER_EVENTS.value
        self.state = State.START
        self.meta = ev.Meta()
        self.files: list[ev.File] = []
        self.suggested_replies: list[str] = []
        self.metadata: str | None = None
        self.error: ev.Error | None = None
        self.event_count = 0
        self.characters = 0
        self.replaced = 0
        self._texts: dict[int, list[str]] = {}
        self._tool_calls = ToolCalls()
        self._said: set[str] = set()

    @property
    def text(self) -> str:
        """The answer's text as it stands; of several answers in one stream, the first."""
        return self.text_at(min(self._texts, default=0))

    def text_at(self, index: int) -> str:
        """The text of the answer with that ``index``."""
        parts = self._texts.get(index)
        if parts is None:
            return ""
        # Joined for good, so that asking after every event stays cheap.
        parts[:] = ["".join(parts)]
        return parts[0]

    @property
    def indices(self) -> list[int]:
        """The answers that have text: [0] unless the bot uses ``index``."""
        return sorted(self._texts)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls asked for, complete as far as they have arrived."""
        return self._tool_calls.complete()

    @property
    def done(self) -> bool:
        """True once ``done`` has arrived."""
        return self.state is State.ENDED

    def feed(self, event: ev.Event) -> list[Violation]:
        """Take one event; the rules it breaks, each limit once. A `Ping` counts for nothing."""
        if isinstance(event, ev.Ping):
            return []
        self.event_count += 1
        if self.is_full and isinstance(event, (*_CONTENT, *_ANYWHERE)):
            self.characters += len(event.text) if isinstance(event, ev.Text) else 0
            return []
        found = self._check_form(event)
        found += self._step(event)
        found += self._check_limits()
        return found

    @property
    def is_full(self) -> bool:
        """True once what comes is only counted."""
        return self.characters > self._most_characters or self.event_count > self._most_events

    def end(self) -> list[Violation]:
        """The stream is over: what is missing."""
        if self.state is State.ENDED:
            return []
        return self._once("no-done", f"the stream ended {self.state.value}, without `done`")

    def _step(self, event: ev.Event) -> list[Violation]:
        if isinstance(event, _ANYWHERE):
            return []
        before = self.state
        after = TRANSITIONS.get((before, type(event)))
        if after is None:
            rule = _ORDER_RULES.get((before, type(event)))
            if rule is None:
                rule = "event-after-done" if before is State.ENDED else "event-after-error"
            return [Violation(rule, f"`{ev.event_name(event)}` {before.value}")]
        self.state = after
        self._TAKE[type(event)](self, event)
        return self._check_content(event)

    def _check_form(self, event: ev.Event) -> list[Violation]:
        if isinstance(event, ev.Malformed):
            if event.event == "done":
                self._said.add("no-done")  # it is there, if broken: one fault, one violation
            return [Violation("malformed-event", f"`{event.event}`: {event.reason}")]
        if isinstance(event, ev.Unknown):
            return self._once("unknown-event", f"`{event.event}`")
        if isinstance(event, ev.Meta) and event.content_type not in ev.CONTENT_TYPES:
            return [Violation("unknown-content-type", repr(event.content_type))]
        return []

    def _check_content(self, event: ev.Event) -> list[Violation]:
        if isinstance(event, ev.Done):
            return self._check_whole()
        if isinstance(event, ev.SuggestedReply):
            return self._once("suggested-replies-ignored", f"`suggested_reply` {event.text!r}")
        if isinstance(event, ev.Error) and event.error_type not in (None, *ev.ERROR_TYPES):
            return [Violation("unknown-error-type", repr(event.error_type))]
        return []

    def _check_whole(self) -> list[Violation]:
        # A tool call is an answer to the caller, though no user ever sees it.
        if not (self._texts or self.files or self.error or self._tool_calls.complete()):
            return [Violation("empty-answer", "no text, file or error before `done`")]
        if self.error:
            return []  # what was to come after the file never came
        texts = [self.text_at(index) for index in self.indices]
        return [
            Violation("inline-ref-unused", f"{file.name!r} has the inline_ref {file.inline_ref!r}")
            for file in self.files
            if file.inline_ref and not any(f"][{file.inline_ref}]" in text for text in texts)
        ]

    def _check_limits(self) -> list[Violation]:
        found = []
        for limit, value, rule in (
            (limits.ANSWER_CHARACTERS, self.characters, "too-much-text"),
            (limits.ANSWER_EVENTS, self.event_count, "too-many-events"),
            (limits.FILES_PER_MESSAGE, len(self.files), "too-many-files"),
        ):
            if value > limit.value:
                found += self._once(rule, f"more than {limit.value:,} {limit.unit}")
        return found

    def _once(self, rule: str, detail: str) -> list[Violation]:
        if rule in self._said:
            return []
        self._said.add(rule)
        return [Violation(rule, detail)]

    # --- what each event does to the answer ---

    def _take_meta(self, event: ev.Meta) -> None:
        self.meta = event

    def _take_text(self, event: ev.Text) -> None:
        parts = self._texts.setdefault(event.index or 0, [])
        parts.append(event.text)
        if len(parts) == _MOST_PARTS:
            parts[:] = ["".join(parts)]
        self.characters += len(event.text)

    def _take_replacement(self, event: ev.ReplaceResponse) -> None:
        self.characters += len(event.text) - len(self.text_at(event.index or 0))
        self._texts[event.index or 0] = [event.text]
        self.replaced += 1

    def _take_suggested_reply(self, event: ev.SuggestedReply) -> None:
        self.suggested_replies.append(event.text)

    def _take_file(self, event: ev.File) -> None:
        self.files.append(event)

    def _take_data(self, event: ev.Data) -> None:
        self.metadata = event.metadata

    def _take_json(self, event: ev.Json) -> None:
        self._tool_calls.feed(event.payload)

    def _take_error(self, event: ev.Error) -> None:
        self.error = event

    def _take_done(self, event: ev.Done) -> None:
        del event

    _TAKE: ClassVar[dict[type[Any], Callable[[Reply, Any], None]]] = {
        ev.Meta: _take_meta,
        ev.Text: _take_text,
        ev.ReplaceResponse: _take_replacement,
        ev.SuggestedReply: _take_suggested_reply,
        ev.File: _take_file,
        ev.Data: _take_data,
        ev.Json: _take_json,
        ev.Error: _take_error,
        ev.Done: _take_done,
    }


def tool_arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a complete tool call. Raises ValueError when they are no JSON object."""
    arguments = loads(call["function"]["arguments"] or "{}")
    if not isinstance(arguments, dict):
        raise ValueError("the arguments of a tool call must be a JSON object")  # noqa: TRY004 - foreign text
    return arguments
