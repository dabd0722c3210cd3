"""One answer of a tested bot, and what it lacks of what was expected. Pure."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from poecli.conformance.chats.file import (
    ErrorExpected,
    EventsExpected,
    Expected,
    FilesExpected,
    TextExpected,
)
from poecli.protocol import events as ev
from poecli.protocol.reply import Reply

_SHOWN = 300  # characters of a text in a failure
_ONE_LINE = 80


@dataclass(frozen=True)
class UpstreamCall:
    """A call of the bot to another, through the local Poe. ``error`` is its text if it failed.

    ``trouble`` is why the other bot's answer is not what it would be: no recording of it, say.
    """

    bot: str
    mode: str = "mock"
    error: str | None = None
    trouble: str = ""

    @property
    def doubt(self) -> str:
        """Why what the bot made of it says nothing about the bot; empty when it does."""
        if self.error is not None and self.mode.partition(":")[0] in ("live", "record"):
            return f"{self.bot} failed on Poe: {self.error}"
        return self.trouble


@dataclass(frozen=True)
class Answer:
    """What came back for one message.

    ``first_event`` is in seconds after the request. ``calls`` is None when nobody saw which bots
    were called.
    """

    events: tuple[ev.Event, ...] = ()
    first_event: float | None = None
    calls: tuple[UpstreamCall, ...] | None = None
    reply: Reply = field(default_factory=Reply, repr=False)

    @property
    def text(self) -> str:
        """The text as the user reads it in the end."""
        return self.reply.text

    @property
    def files(self) -> list[ev.File]:
        """The files it brought: name, content_type, url, inline_ref."""
        return self.reply.files

    @property
    def suggested_replies(self) -> list[str]:
        """What the user is offered to say next."""
        return self.reply.suggested_replies

    @property
    def error(self) -> ev.Error | None:
        """The ``error`` event that ended it: text, error_type, allow_retry, raw_response."""
        return self.reply.error

    @property
    def kinds(self) -> list[str]:
        """The names of the events in order; of neighbours of one kind only one."""
        return [
            name for name, _ in itertools.groupby(ev.event_name(event) for event in self.events)
        ]


def failures(expected: Expected, answer: Answer) -> list[str]:
    """What the answer lacks, a sentence each; empty when it is as expected."""
    return list(_failures(expected, answer))


def untestable(expected: Expected, answer: Answer) -> str:
    """Why the answer says nothing about the bot; empty when it does."""
    if expected.calls is not None and answer.calls is None:
        return "calls to other bots are only visible with the local Poe of `poe dev`"
    for call in answer.calls or ():
        if call.doubt:
            return call.doubt
    return ""


def _failures(expected: Expected, answer: Answer) -> Iterator[str]:
    yield from _error_failures(expected.error, answer.error)
    yield from _text_failures(expected.text, answer.text)
    yield from _file_failures(expected.files, answer.files)
    if expected.suggested_replies is not None:
        yield from _differ(
            "suggested replies", list(expected.suggested_replies), answer.suggested_replies
        )
    yield from _event_failures(expected.events, answer)
    if expected.calls is not None and answer.calls is not None:
        yield from _call_failures(expected.calls, Counter(call.bot for call in answer.calls))


def _error_failures(expected: ErrorExpected | None, error: ev.Error | None) -> Iterator[str]:
    if expected is None:
        if error is not None:
            yield f"the bot answered with an error: {_error_shown(error)}"
        return
    if error is None:
        yield "the bot was expected to answer with an error, but did not"
        return
    if expected.type is not None and error.error_type != expected.type:
        yield f"error_type is {error.error_type!r}, not {expected.type!r}"
    if expected.text is not None and expected.text not in (error.text or ""):
        yield f"the error text does not contain {expected.text!r}: {_error_shown(error)}"


def _error_shown(error: ev.Error) -> str:
    raw = f" ({error.raw_response})" if error.raw_response else ""
    return _short(f"{error.text or 'no text'}{raw}")


def _text_failures(expected: TextExpected, text: str) -> Iterator[str]:
    if expected.equals is not None and text != expected.equals:
        yield _text_difference(expected.equals, text)
    for part in expected.contains:
        if part not in text:
            yield f"the text does not contain {part!r}: {_short(text)!r}"
    for part in expected.not_contains:
        if part in text:
            yield f"the text contains {part!r}: {_short(text)!r}"
    if expected.matches is not None and not re.search(expected.matches, text):
        yield f"the text does not match {expected.matches!r}: {_short(text)!r}"


def _text_difference(expected: str, text: str) -> str:
    if len(expected) <= _ONE_LINE and "\n" not in expected:
        return f"the text is {_short(text)!r}, not {expected!r}"
    lines = difflib.unified_diff(
        expected.splitlines(), text.splitlines(), "expected", "answer", lineterm="", n=1
    )
    return "the text differs:\n" + _short("\n".join(lines), 4 * _SHOWN)


def _file_failures(expected: FilesExpected, files: list[ev.File]) -> Iterator[str]:
    if expected.count is not None and len(files) != expected.count:
        yield f"{len(files)} files, not {expected.count}"
    if expected.names is not None:
        yield from _differ("file names", list(expected.names), [file.name for file in files])
    if expected.content_types is not None:
        types = [file.content_type for file in files]
        yield from _differ("content types of the files", list(expected.content_types), types)


def _event_failures(expected: EventsExpected, answer: Answer) -> Iterator[str]:
    if expected.kinds is not None:
        yield from _differ("events", list(expected.kinds), answer.kinds)
    if expected.at_most is not None and len(answer.events) > expected.at_most:
        yield f"{len(answer.events)} events, more than {expected.at_most}"
    if expected.first_within is not None:
        if answer.first_event is None:
            yield "there was no event"
        elif answer.first_event > expected.first_within:
            yield (
                f"the first event came after {answer.first_event:.2f} s, "
                f"not within {expected.first_within:g} s"
            )


def _call_failures(expected: Mapping[str, int], made: Mapping[str, int]) -> Iterator[str]:
    for bot in dict.fromkeys((*expected, *made)):
        if expected.get(bot, 0) != made.get(bot, 0):
            yield f"{bot} was called {made.get(bot, 0)} times, not {expected.get(bot, 0)}"


def _differ(what: str, expected: list[Any], seen: list[Any]) -> Iterator[str]:
    if seen != expected:
        yield f"{what}: {seen}, not {expected}"


def _short(text: str, most: int = _SHOWN) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
