"""One question, one answer, for scripts and pipes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from poecli.chat.output.formats import EventLines, FinalText, FirstCode, LiveText, OneObject, Output
from poecli.chat.output.saved_files import save_files
from poecli.chats.session import Chat
from poecli.chats.turns import ChatAnswer, Question
from poecli.client.address import BotAddress
from poecli.errors import PoeCliError, TimedOut
from poecli.protocol.events import Event
from poecli.terminal.console import Console
from poecli.waiting import within


@dataclass(frozen=True)
class OneShot:
    """How the answer is wanted. ``extract`` is None, or the language of the code ("" for any)."""

    json: bool = False
    jsonl: bool = False
    stream: bool = False
    plain: bool = False
    extract: str | None = None
    save_files: Path | None = None
    timeout: float | None = None


def output_for(console: Console, bot: BotAddress, wanted: OneShot) -> Output:
    """The way of printing that fits the flags and the stream."""
    if wanted.json:
        return OneObject(console, bot)
    if wanted.jsonl:
        return EventLines(console, bot)
    if wanted.extract is not None:
        return FirstCode(console, wanted.extract.lower())
    if console.stdout_is_terminal:
        # Most one-shot answers go into a pipe, which needs no painter.
        from poecli.chat.output.live import Screen  # noqa: PLC0415 - see above

        return Screen(console, plain=wanted.plain)
    return LiveText(console) if wanted.stream else FinalText(console)


async def ask_once(
    console: Console, chat: Chat, bot: BotAddress, question: Question, wanted: OneShot
) -> None:
    """Ask, print, save the files. Raises what went wrong once everything is printed."""
    output = output_for(console, bot, wanted)
    events = chat.ask(question, bot)
    answer = chat.turns[-1].answer
    error: PoeCliError | None
    try:
        error = await within(show_events(events, answer, output), wanted.timeout)
    except asyncio.TimeoutError:
        error = _too_slow(wanted.timeout or 0.0, bot)
    output.finish(answer, error)
    if wanted.save_files is not None and answer.files:
        await save_files(answer.files, wanted.save_files, chat.http, console)
    if error is not None:
        raise error


async def show_events(
    events: AsyncGenerator[Event, None], answer: ChatAnswer, output: Output
) -> PoeCliError | None:
    """Give each event of an answer to ``output``; the error that ended it, if one did."""
    async with output.live():
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    output.event(event, answer.timeline.total_ms)
        except PoeCliError as error:
            return error
    return None


def _too_slow(seconds: float, bot: BotAddress) -> TimedOut:
    return TimedOut(
        f"{bot.name} did not finish its answer within {seconds:g} s.",
        hint="Allow more with --timeout SECONDS.",
    )
