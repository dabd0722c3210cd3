"""The default upstream bot: no model, but an answer that shows what it received.

The same request gets the same answer, at any time and on any machine; only with a temperature
above 0 does the wording change from call to call, and then as the seed says. A word in the last
message (or the mode ``mock:SHAPE``) asks for a shape that authors must handle:

    mock:replies    suggested replies        mock:replace    a replaced answer
    mock:file       an attached file         mock:long       about 20,000 characters
    mock:parallel   two calls of tools at once, where one fits
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncGenerator, Iterator

from poecli.emulator.bots.latency import AT_ONCE, Latency, slowed
from poecli.emulator.bots.mock_tools import (
    answer_from_results,
    answer_in_form,
    chosen_calls,
    must_call,
    newest_results,
    tool_call_chunks,
)
from poecli.emulator.bots.upstream import BotCall
from poecli.emulator.state.files import FileStore
from poecli.protocol import events as ev
from poecli.protocol.requests import QueryRequest

SHAPES = ("replies", "replace", "file", "long", "parallel")
PARALLEL_CALLS = 2
_SHAPE_WORD = re.compile(r"\bmock:(\w+)")
_QUOTED_CHARACTERS = 300
# fastapi_poe formats the whole request anew for each event that it passes on: a list of 1,000
# messages, in 500 events, kept a bot busy for seconds.
_LISTED_MESSAGES = 40
_EVENT_CHARACTERS = 40
_LONG_PARAGRAPHS = 100
_OPENINGS = (
    "This is what **{bot}** received; a mock on your machine answers for it.",
    "A mock on your machine answers for **{bot}**. It received this.",
    "This is a mock of **{bot}**, not a model. It received this.",
)
_LONG_SENTENCE = (
    "Paragraph {n} of a long answer, as a model would write it when asked for detail: "
    "with enough words to fill several screens, so that scrolling, limits and slow readers "
    "can be tried. "
)


class MockBot:
    """A stand-in for any bot."""

    def __init__(
        self, files: FileStore, *, seed: int = 0, shape: str = "", latency: Latency = AT_ONCE
    ) -> None:
        self._files = files
        self._seed = seed
        self._shape = shape
        self._latency = latency

    def answer(self, call: BotCall) -> AsyncGenerator[ev.Event, None]:
        """Show what was received, call a tool, or answer from the tools' results."""
        return slowed(self._answer(call), self._latency)

    async def _answer(self, call: BotCall) -> AsyncGenerator[ev.Event, None]:
        shapes = {self._shape, *_SHAPE_WORD.findall(call.last_text)}
        if "replies" in shapes:
            # Only then: a bot that calls twice and passes all on would send a second `meta`.
            yield ev.Meta(suggested_replies=True)
        for event in self._content(call, shapes):
            yield event
        yield ev.Done()

    def _content(self, call: BotCall, shapes: set[str]) -> Iterator[ev.Event]:
        request = call.request
        if results := newest_results(request):
            yield from _in_pieces(answer_from_results(results))
            return
        most = PARALLEL_CALLS if "parallel" in shapes else 1
        tools, must = request.tools, must_call(request)
        if tools and (chosen := chosen_calls(tools, call.last_text, most, must=must)):
            yield from (ev.Json(chunk) for chunk in tool_call_chunks(call.bot, chosen))
            return
        if (form := answer_in_form(request.extra_params, call.last_text)) is not None:
            yield from _in_pieces(form)
            return
        if "replace" in shapes:
            yield ev.Text("Thinking …")
            yield ev.ReplaceResponse("")
        yield from _in_pieces(self._opening(call) + "\n\n" + description(request))
        if "long" in shapes:
            for n in range(1, _LONG_PARAGRAPHS + 1):
                yield ev.Text("\n\n" + _LONG_SENTENCE.format(n=n))
        if "file" in shapes:
            yield self._file(call)
        if "replies" in shapes:
            yield from (ev.SuggestedReply(t) for t in ("Tell me more", "Say it shorter"))

    def _opening(self, call: BotCall) -> str:
        choice = 0
        if call.request.temperature:
            # Not secret: only the wording, which may change from call to call.
            draw = random.Random(f"{self._seed}:{call.number}")  # noqa: S311
            choice = draw.randrange(len(_OPENINGS))
        return _OPENINGS[choice].format(bot=call.bot)

    def _file(self, call: BotCall) -> ev.File:
        text = f"{call.bot} received:\n{call.last_text}\n"
        stored = self._files.add("answer.txt", text.encode())
        return ev.File(self._files.url_of(stored, call.origin), stored.content_type, stored.name)


def description(request: QueryRequest) -> str:
    """What a request holds, in Markdown."""
    last = request.query[-1] if request.query else None
    lines = []
    if last is not None:
        shown = last.content[:_QUOTED_CHARACTERS]
        more = "…" if len(last.content) > len(shown) else ""
        lines += [f"> {line}" for line in (shown + more).splitlines()] + [""]
    lines.append(f"Messages: {len(request.query)}")
    lines.append("")
    before = max(0, len(request.query) - _LISTED_MESSAGES)
    if before:
        lines += [f"The last {_LISTED_MESSAGES} of them:", ""]
    for number, message in enumerate(request.query[before:], start=before + 1):
        words = f"{number}. {message.role}, {len(message.content)} characters"
        for attachment in message.attachments:
            words += f", file {attachment.name} ({attachment.content_type})"
            if attachment.parsed_content is not None:
                words += f" with {len(attachment.parsed_content)} characters of text"
        if message.parameters:
            words += f", parameters {json.dumps(message.parameters, sort_keys=True)}"
        lines.append(words)
    settings = _settings_of(request)
    if settings:
        lines += ["", "Sent with: " + ", ".join(settings)]
    return "\n".join(lines)


def _settings_of(request: QueryRequest) -> list[str]:
    """The parts of a request that change how a model answers, where they were set."""
    found = []
    if request.temperature is not None:
        found.append(f"temperature {request.temperature:g}")
    if request.stop_sequences:
        found.append(f"stop sequences {json.dumps(request.stop_sequences)}")
    if request.logit_bias:
        found.append(f"logit bias for {len(request.logit_bias)} tokens")
    if request.skip_system_prompt:
        found.append("no system prompt")
    if request.tools:
        found.append("tools " + ", ".join(tool.function.name for tool in request.tools))
    if request.extra_params:
        found.append(f"extra parameters {json.dumps(request.extra_params, sort_keys=True)}")
    return found


def _in_pieces(text: str) -> Iterator[ev.Event]:
    """The text in several events, cut between words as a model's tokens are."""
    piece = ""
    for word in re.findall(r"\S*\s*", text):
        piece += word
        if len(piece) >= _EVENT_CHARACTERS:
            yield ev.Text(piece)
            piece = ""
    if piece:
        yield ev.Text(piece)
