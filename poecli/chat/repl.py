"""A conversation at the keyboard: prompt and answer in turn, on the normal screen."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.history import History

from poecli.chat import slash
from poecli.chat.actions import Actions, Leave
from poecli.chat.bots import Bot
from poecli.chat.conversing import Conversing
from poecli.chat.prompt import Prompt
from poecli.errors import PoeCliError
from poecli.protocol.conversation import mentioned_bot
from poecli.terminal.foreign import clean, one_line

# A second Ctrl-C within this time leaves.
AGAIN_SECONDS = 2.0
_REMEMBERED = 3


async def converse(talk: Conversing, history: History, known_bots: Sequence[str]) -> None:
    """Talk until the person leaves: /exit, Ctrl-D, or Ctrl-C twice."""
    names = {talk.bot.name: talk.bot}

    def bots() -> list[str]:
        return list(dict.fromkeys([*names, *known_bots]))

    prompt = Prompt(talk.console, history, bots, lambda: talk.suggested_replies)
    actions = Actions(talk)
    _show_where_it_stands(talk)
    async with _introducing(talk) as introduced:
        await _take_turns(talk, prompt, actions, names, introduced)


async def _take_turns(
    talk: Conversing,
    prompt: Prompt,
    actions: Actions,
    names: dict[str, Bot],
    introduced: asyncio.Task[None],
) -> None:
    while True:
        try:
            text = await prompt.ask(_label(talk), talk.draft)
        except EOFError:
            return
        except KeyboardInterrupt:
            if _again(talk):
                return
            talk.console.say("Ctrl-C again, or Ctrl-D, to leave", style="dim")
            continue
        talk.draft = ""
        await introduced  # a question obeys the bot's settings
        try:
            await _carry_out(text, talk, actions, names)
        except Leave:
            return
        except PoeCliError as error:
            talk.console.show_error(error)


def _again(talk: Conversing) -> bool:
    now = time.monotonic()
    before, talk.interrupted = talk.interrupted, now
    return now - before < AGAIN_SECONDS


def _label(talk: Conversing) -> str:
    staged = "".join(f" [{one_line(item.name, width=30)}]" for item in talk.staged)
    return f"{one_line(talk.bot.name, width=30)}{staged}"


@contextlib.asynccontextmanager
async def _introducing(talk: Conversing) -> AsyncIterator[asyncio.Task[None]]:
    """Asks for the introduction while the person types already."""
    task = asyncio.ensure_future(_introduce(talk))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _introduce(talk: Conversing) -> None:
    """The bot's introduction, above the line being typed."""
    settings = await talk.chat.settings_of(talk.bot)
    if settings is not None and settings.introduction_message and not talk.chat.turns:
        introduction = clean(settings.introduction_message)
        await run_in_terminal(lambda: talk.console.data(introduction))


def _show_where_it_stands(talk: Conversing) -> None:
    """The end of the chat that goes on."""
    say = talk.console.say
    for turn in talk.chat.turns[-_REMEMBERED:]:
        say(f"> {one_line(turn.question.text, width=talk.console.width - 4)}", style="dim")
        talk.console.data(clean(turn.answer.text))
    say("/help lists the commands, Ctrl-D leaves", style="dim")


async def _carry_out(text: str, talk: Conversing, actions: Actions, names: dict[str, Bot]) -> None:
    """A command, or a message: to the bot that it names first, else to the current one."""
    typed = slash.parse(text.strip()) if "\n" not in text.strip() else None
    if typed is not None:
        shown = await actions.run(typed)
        if shown:
            talk.console.data(clean(shown))
        names[talk.bot.name] = talk.bot
        return
    message = slash.message_of(_picked(text, talk.suggested_replies)).strip()
    if message or talk.staged:
        bot, message = await _addressed(message, talk, names)
        await talk.ask(message, bot)


def _picked(text: str, replies: Sequence[str]) -> str:
    """A lone number takes the suggested reply of that number."""
    number = text.strip()
    if number.isdecimal() and 1 <= int(number) <= len(replies):
        return replies[int(number) - 1]
    return text


async def _addressed(message: str, talk: Conversing, names: dict[str, Bot]) -> tuple[Bot, str]:
    """The bot that ``@name`` at the start asks for, and the rest of the message."""
    if not message.startswith("@"):
        return talk.bot, message
    known = mentioned_bot(message, names)
    name = known or message[1:].split(maxsplit=1)[0]
    rest = message[1 + len(name) :].strip()
    if not rest:
        return talk.bot, message
    if name not in names:
        names[name] = await talk.desk.book.find(name)
    return names[name], rest
