"""The ways in which one answer is printed: as text, live or at its end, or as JSON."""

from __future__ import annotations

import contextlib
from typing import Any, Protocol

from poecli.chats.turns import ChatAnswer, file_as_json
from poecli.client.address import BotAddress
from poecli.errors import BotFault, PoeCliError
from poecli.protocol import events as ev
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean, one_line

# CommonMark 4.5: a fence is at least three backticks or tildes, indented by at most three spaces;
# it ends with at least as many of the same kind. https://spec.commonmark.org/0.31.2/#fenced-code-blocks


class Output(Protocol):
    """What happens while the answer arrives, with each event, and at the end."""

    def live(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Entered as long as events arrive."""

    def event(self, event: ev.Event, at_ms: float) -> None:
        """One event has arrived."""

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        """The answer is over, well or with an error."""


class _PlainOutput:
    """An output that needs nothing between two events."""

    def live(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Nothing to do."""
        return contextlib.nullcontext()


class FinalText(_PlainOutput):
    """The final text once, at the end: what was replaced is never seen."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def event(self, event: ev.Event, at_ms: float) -> None:
        """Nothing yet."""

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        del error
        text = answer.text
        if text:
            self._console.data(text, end="" if text.endswith("\n") else "\n")
        _print_files(self._console, answer)


class LiveText(_PlainOutput):
    """Text as it comes; what is printed can't be taken back, so a replacement is announced."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = "\n"

    def event(self, event: ev.Event, at_ms: float) -> None:
        del at_ms
        if isinstance(event, ev.ReplaceResponse):
            if self._last != "\n":
                self._write("\n")
            self._console.say("the bot replaced its answer:")
            self._write(event.text)
        elif isinstance(event, ev.Text):
            self._write(event.text)

    def _write(self, text: str) -> None:
        if text:
            self._console.data(text, end="")
            self._last = text[-1]

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        del error
        if self._last != "\n":
            self._write("\n")
        _print_files(self._console, answer)


class FirstCode(_PlainOutput):
    """The first code block of the answer; of a language, when one is asked for."""

    def __init__(self, console: Console, language: str = "") -> None:
        self._console = console
        self._language = language

    def event(self, event: ev.Event, at_ms: float) -> None:
        """Nothing yet."""

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        """The code. Raises BotFault when the answer holds none."""
        if error is not None:
            return
        for language, code in code_blocks(answer.text):
            if self._language in ("", language.lower()):
                self._console.data(code, end="")
                return
        raise BotFault(
            "The answer has no code block."
            if not self._language
            else f"The answer has no {self._language} code block.",
            hint="Ask for code, or run it without --extract to see the answer.",
            id="no-code-block",
        )


class EventLines(_PlainOutput):
    """Each event as a JSON line, when it comes; the last line is the end."""

    def __init__(self, console: Console, bot: BotAddress) -> None:
        self._console = console
        self._bot = bot

    def event(self, event: ev.Event, at_ms: float) -> None:
        self._console.json(event_as_json(event, at_ms))

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        """The line ``end``, with the answer as `--json` gives it."""
        at_ms = round(answer.timeline.total_ms, 1)
        result = answer_as_json(self._bot, answer, error)
        self._console.json({"type": "end", "at_ms": at_ms, **result})


class OneObject(_PlainOutput):
    """The whole answer as one JSON object."""

    def __init__(self, console: Console, bot: BotAddress) -> None:
        self._console = console
        self._bot = bot

    def event(self, event: ev.Event, at_ms: float) -> None:
        """Nothing yet."""

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        self._console.json({"type": "answer", **answer_as_json(self._bot, answer, error)})


def event_as_json(event: ev.Event, at_ms: float) -> dict[str, Any]:
    """An event as a JSON line: type, at_ms, and the fields the bot sent."""
    fields = dict(event.payload) if isinstance(event, ev.Json) else dict(vars(event))
    if isinstance(event, ev.Json):
        fields = {"payload": fields, "index": event.index}
    fields = {key: value for key, value in fields.items() if value is not None}
    return {"type": ev.event_name(event), "at_ms": round(at_ms, 1), **fields}


def answer_as_json(
    bot: BotAddress, answer: ChatAnswer, error: PoeCliError | None
) -> dict[str, Any]:
    """An answer: bot, text, files, suggested_replies, events, timing in ms, violations, error."""
    first = answer.timeline.first_event_ms
    return {
        "bot": bot.name,
        "message_id": answer.message_id,
        "text": answer.text,
        "content_type": answer.replies[-1].meta.content_type,
        "files": [file_as_json(file) for file in answer.files],
        "suggested_replies": answer.suggested_replies,
        "events": len(answer.timeline),
        "timing": {
            "first_event_ms": None if first is None else round(first, 1),
            "total_ms": round(answer.timeline.total_ms, 1),
        },
        "violations": [
            {"rule": violation.rule, "event": position, "detail": violation.detail}
            for position, violation in answer.timeline.violations
        ],
        "stopped": answer.stopped,
        "error": error.as_json() if error else None,
    }


def code_blocks(text: str) -> list[tuple[str, str]]:
    """The fenced code blocks of a Markdown text, also within lists and quotes: (language, code)."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - 30 ms that only -x and /copy code need

    tokens = MarkdownIt("commonmark").disable("inline").parse(text)
    fences = [token for token in tokens if token.type == "fence"]
    return [(next(iter(token.info.split()), ""), token.content) for token in fences]


def _print_files(console: Console, answer: ChatAnswer) -> None:
    for file in answer.files:
        console.say(f"file: {one_line(file.name)}  {clean(file.url)}")
