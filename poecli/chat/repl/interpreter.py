"""What a line typed in a conversation means: a command, or a message to a bot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from prompt_toolkit.application import run_in_terminal

from poecli.chat.bots import label_of
from poecli.chat.repl import slash_commands
from poecli.chat.repl.slash_actions import Actions, Leave
from poecli.chat.repl.state import Conversing
from poecli.client.address import BotAddress
from poecli.protocol.conversation import mentioned_bot
from poecli.terminal.folding import folded
from poecli.terminal.foreign import clean, one_line
from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import render

_REMEMBERED = 3
_VERBATIM = ("events", "raw")  # what came over the wire, and a table


class Obeying:
    """Carries out line after line. ``introduced`` ends once the bot's settings are known."""

    def __init__(self, talk: Conversing, introduced: asyncio.Task[None]) -> None:
        self._talk = talk
        self._introduced = introduced
        self._actions = Actions(talk)
        self._names = {talk.bot.name: talk.bot}

    @property
    def label(self) -> str:
        """The bot that is talked to, and the files that go with the next message."""
        talk = self._talk
        staged = "".join(f" [{one_line(item.name, width=30)}]" for item in talk.staged)
        return f"{label_of(talk.bot)}{staged}"

    @property
    def bots(self) -> list[str]:
        """The bots that the chat has named so far."""
        return list(self._names)

    @property
    def suggested_replies(self) -> list[str]:
        """What the last answer offered to say next."""
        return self._talk.suggested_replies

    @property
    def draft(self) -> str:
        """The text that stands in the next prompt."""
        return self._talk.draft

    async def obey(self, text: str) -> bool:
        """A command, or a message: to the bot that it names first, else to the current one.

        False when the person wants to go. Raises PoeCliError.
        """
        talk = self._talk
        talk.draft = ""
        await self._introduced  # a question obeys the bot's settings
        typed = slash_commands.parse(text.strip()) if "\n" not in text.strip() else None
        if typed is not None:
            return await self._run(typed)
        message = slash_commands.message_of(_picked(text, talk.suggested_replies)).strip()
        if message or talk.staged:
            bot, message = await self._addressed(message)
            await talk.ask(message, bot)
        return True

    async def _run(self, typed: slash_commands.Typed) -> bool:
        try:
            shown = await self._actions.run(typed)
        except Leave:
            return False
        if shown:
            console, shown = self._talk.console, clean(shown)
            verbatim = typed.command.name in _VERBATIM
            console.data(shown if verbatim else folded(shown, console.width))
        self._names[self._talk.bot.name] = self._talk.bot
        return True

    async def _addressed(self, message: str) -> tuple[BotAddress, str]:
        """The bot that ``@name`` at the start asks for, and the rest of the message."""
        talk, names = self._talk, self._names
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


@contextlib.asynccontextmanager
async def obeying(talk: Conversing) -> AsyncIterator[Obeying]:
    """Begin: the end of the chat that goes on; the introduction while the person types already."""
    _show_where_it_stands(talk)
    task = asyncio.ensure_future(_introduce(talk))
    try:
        yield Obeying(talk, task)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _introduce(talk: Conversing) -> None:
    """The bot's introduction, above the line being typed."""
    settings = await talk.chat.dialogue.settings_of(talk.bot)
    if settings is not None and settings.introduction_message and not talk.chat.turns:
        console = talk.console
        rows = Rows(console.width, color=console.has_color(console.stdout))
        shown = "\n".join(render(clean(settings.introduction_message), rows))
        await run_in_terminal(lambda: console.data(shown))


def _show_where_it_stands(talk: Conversing) -> None:
    for turn in talk.chat.turns[-_REMEMBERED:]:
        question = one_line(turn.question.text, width=talk.console.width - 4)
        talk.console.say(f"> {question}", style="dim")
        talk.console.data(clean(turn.answer.text))


def _picked(text: str, replies: Sequence[str]) -> str:
    """A lone number takes the suggested reply of that number."""
    number = text.strip()
    if number.isdecimal() and 1 <= int(number) <= len(replies):
        return replies[int(number) - 1]
    return text
