"""What a line typed in a conversation means: a command, or a message to a bot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from poecli.chat.address_book import label_of
from poecli.chat.repl import slash_commands
from poecli.chat.repl.prompt import write_above
from poecli.chat.repl.slash_actions import Actions, Leave
from poecli.chat.repl.state import ReplState
from poecli.client.address import BotAddress
from poecli.protocol.conversation import addressed
from poecli.terminal.folding import folded
from poecli.terminal.foreign import clean, one_line
from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import render
from poecli.waiting import cancel_and_wait

_REMEMBERED = 3
_VERBATIM = ("events", "raw")  # what came over the wire, and a table


class ReplInterpreter:
    """Carries out line after line. ``introduced`` ends once the bot's settings are known."""

    def __init__(self, state: ReplState, introduced: asyncio.Task[None]) -> None:
        self._state = state
        self._introduced = introduced
        self._actions = Actions(state)
        self._names = {state.bot.name: state.bot}

    @property
    def label(self) -> str:
        """The bot that is talked to, and the files that go with the next message."""
        state = self._state
        pending = "".join(f" [{one_line(item.name, width=30)}]" for item in state.pending)
        return f"{label_of(state.bot)}{pending}"

    @property
    def bots(self) -> list[str]:
        """The bots that the chat has named so far."""
        return list(self._names)

    @property
    def suggested_replies(self) -> list[str]:
        """What the last answer offered to say next."""
        return self._state.suggested_replies

    @property
    def draft(self) -> str:
        """The text that stands in the next prompt."""
        return self._state.draft

    async def execute(self, text: str) -> bool:
        """A command, or a message: to the bot that it names first, else to the current one.

        False when the person wants to go. Raises PoeCliError.
        """
        state = self._state
        state.draft = ""
        await self._introduced  # a question obeys the bot's settings
        typed = slash_commands.parse(text.strip()) if "\n" not in text.strip() else None
        if typed is not None:
            return await self._run(typed)
        message = slash_commands.message_of(_picked(text, state.suggested_replies)).strip()
        if message or state.pending:
            bot, message = await self._addressed(message)
            await state.ask(message, bot)
        return True

    async def _run(self, typed: slash_commands.ParsedCommand) -> bool:
        try:
            shown = await self._actions.run(typed)
        except Leave:
            return False
        if shown:
            console, shown = self._state.console, clean(shown)
            verbatim = typed.command.name in _VERBATIM
            console.data(shown if verbatim else folded(shown, console.width))
        self._names[self._state.bot.name] = self._state.bot
        return True

    async def _addressed(self, message: str) -> tuple[BotAddress, str]:
        """The bot that ``@name`` asks for, at the start any there is, and what is said to it."""
        state, names = self._state, self._names
        name, said = addressed(message, names)
        if name is None and message.startswith("@"):
            name, said = addressed(message, message[1:].split(maxsplit=1)[:1])
        if name is None:
            return state.bot, message
        if name not in names:
            names[name] = await state.outbox.book.find(name)
        return names[name], said


@contextlib.asynccontextmanager
async def interpreter(state: ReplState) -> AsyncIterator[ReplInterpreter]:
    """Begin: the end of the chat that goes on; the introduction while the person types already."""
    _show_where_it_stands(state)
    task = asyncio.ensure_future(_introduce(state))
    try:
        yield ReplInterpreter(state, task)
    finally:
        await cancel_and_wait(task)


async def _introduce(state: ReplState) -> None:
    """The bot's introduction, above the line being typed."""
    settings = await state.chat.dialogue.settings_of(state.bot)
    if settings is not None and settings.introduction_message and not state.chat.turns:
        console = state.console
        rows = Rows(console.width, color=console.has_color(console.stdout))
        shown = "\n".join(render(clean(settings.introduction_message), rows))
        write_above(lambda: console.data(shown))


def _show_where_it_stands(state: ReplState) -> None:
    for turn in state.chat.turns[-_REMEMBERED:]:
        question = one_line(turn.question.text, width=state.console.width - 4)
        state.console.say(f"> {question}", style="dim")
        state.console.data(clean(turn.answer.text))


def _picked(text: str, replies: Sequence[str]) -> str:
    """A lone number takes the suggested reply of that number."""
    number = text.strip()
    if number.isdecimal() and 1 <= int(number) <= len(replies):
        return replies[int(number) - 1]
    return text
