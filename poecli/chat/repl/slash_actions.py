"""What each slash command does."""

from __future__ import annotations

import shlex
import webbrowser
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from poecli.addresses import is_web_address
from poecli.chat.archive import lines_of
from poecli.chat.attachments import pending_file
from poecli.chat.output.formats import code_blocks
from poecli.chat.output.saved_files import save_files, size_shown
from poecli.chat.repl import slash_commands
from poecli.chat.repl.clipboard import copy
from poecli.chat.repl.settings_view import controls_lines, settings_lines
from poecli.chat.repl.state import ReplState
from poecli.chats.store import around
from poecli.chats.timeline import describe
from poecli.chats.turns import Turn
from poecli.client.bot_query import send_report
from poecli.config.paths import typed_path
from poecli.errors import UsageError
from poecli.protocol.events import File
from poecli.protocol.requests import ReportFeedbackRequest
from poecli.protocol.sse import Frame, encode_frame
from poecli.terminal.foreign import clean, one_line

_FEEDBACK = ("like", "dislike")
_LISTED = 20
_RAW = 16_000  # characters of an answer's wire that are shown


class Leave(Exception):
    """The person wants to go."""


class Actions:
    """One method for each command of `slash_commands.COMMANDS`; the text returned is shown."""

    def __init__(self, state: ReplState) -> None:
        self._state = state

    async def run(self, typed: slash_commands.ParsedCommand) -> str:
        """Carry out a command. Raises Leave, and what goes wrong as PoeCliError."""
        method: Callable[[str], Awaitable[str]] = getattr(self, f"_{typed.command.name}")
        return await method(typed.argument)

    async def _help(self, argument: str) -> str:
        return slash_commands.help_text(argument)

    async def _exit(self, _argument: str) -> str:
        raise Leave

    # --- whom, and with what ---

    async def _bot(self, argument: str) -> str:
        state = self._state
        if not argument:
            return f"{state.bot.name} at {state.bot.url}"
        state.bot = await state.outbox.book.find(argument)
        state.params.clear()
        return f"now talking to {state.bot.name}"

    async def _system(self, argument: str) -> str:
        chat = self._state.chat
        if argument:
            text = "" if argument == "-" else argument
            chat.options = replace(chat.options, system=text)
        return chat.options.system or "no system prompt"

    async def _attach(self, argument: str) -> str:
        state = self._state
        if argument == "-":
            state.pending.clear()
        else:
            state.pending += [pending_file(source) for source in _words(argument)]
        names = [f"{item.name} ({size_shown(item.size)})" for item in state.pending]
        return f"with the next message: {', '.join(names)}" if names else "nothing attached"

    async def _param(self, argument: str) -> str:
        state = self._state
        for word in _words(argument):
            name, equals, value = word.partition("=")
            if not equals:
                raise UsageError(f"{word!r} is not NAME=VALUE.", hint="/param NAME=VALUE")
            state.params.pop(name, None)
            if value:
                state.params[name] = word
        settings = await state.chat.dialogue.settings_of(state.bot)
        if state.params:  # checked now, so that a mistake is told here
            await state.outbox.question("", (), tuple(state.params.values()), state.bot)
        lines = controls_lines(settings, state.params)
        return "\n".join(lines) or "no parameters are known; /param NAME=VALUE sends one anyway"

    async def _settings(self, _argument: str) -> str:
        chat, bot = self._state.chat, self._state.bot
        chat.dialogue.forget_settings(bot)
        settings = await chat.dialogue.settings_of(bot)
        if settings is None:
            return f"{bot.name} has no settings to show: Poe keeps those of handles private"
        return "\n".join(settings_lines(settings))

    # --- the course of the chat ---

    async def _retry(self, _argument: str) -> str:
        question = self._state.chat.take_back()
        await self._state.send(question, self._state.bot)
        return ""

    async def _edit(self, _argument: str) -> str:
        self._state.draft = self._state.chat.take_back().text
        return ""

    async def _undo(self, argument: str) -> str:
        for _ in range(_number(argument, 1)):
            question = self._state.chat.take_back()
        return f"removed: {one_line(question.text, width=60)}"

    async def _fork(self, argument: str) -> str:
        chat = self._state.chat
        keep = _number(argument, len(chat.turns))
        if keep > len(chat.turns):
            raise UsageError(f"The chat has only {len(chat.turns)} turns.", hint="/fork")
        old = chat.fork(self._state.bot, keep)
        return f"now in a new chat, {chat.record.id}; /sessions {old} goes back"

    async def _clear(self, _argument: str) -> str:
        self._state.chat.clear()
        return "the bot sees only messages from now on"

    async def _sessions(self, argument: str) -> str:
        state, store = self._state, self._state.chat.recorder.store
        if store is None:
            raise UsageError("Chats are not stored.", hint="Run without --no-store.")
        chats = store.chats()
        if not argument:
            return "\n".join(lines_of(chats[:_LISTED])) or "no chat is stored yet"
        if any(chat.id.startswith(argument) for chat in chats):
            state.resume(store.find(argument))
            return f"now in chat {state.chat.record.id}, {len(state.chat.turns)} turns"
        hits = store.search(argument, limit=_LISTED)
        words = argument.split()
        lines = [f"{hit.chat}  {around(f'{hit.question} {hit.answer}', words)}" for hit in hits]
        return "\n".join(lines) or f"no chat contains {argument!r}"

    # --- the last answer ---

    def _last(self) -> Turn:
        if not self._state.chat.turns:
            raise UsageError("There is no answer yet.", hint="Write a message first.")
        return self._state.chat.turns[-1]

    async def _events(self, argument: str) -> str:
        turn = self._last()
        if not argument:
            return describe(turn.answer.timeline, turn.answer.replies)
        frames, place = self._frames(turn), _number(argument, 1)
        if not 1 <= place <= len(frames):
            raise UsageError(f"The answer has {len(frames)} events.", hint="/events")
        return _visible(encode_frame(frames[place - 1]).decode())

    async def _raw(self, _argument: str) -> str:
        wire = "".join(encode_frame(frame).decode() for frame in self._frames(self._last()))
        more = f"\n… {len(wire) - _RAW:,} characters more" if len(wire) > _RAW else ""
        return _visible(wire[:_RAW].rstrip("\n")) + more

    def _frames(self, turn: Turn) -> list[Frame]:
        """The events as they came; a chat that is not kept has only what they amount to."""
        store = self._state.chat.recorder.store
        if store is None or turn.row is None:
            raise UsageError(
                "The events of this answer were not stored.", hint="Run without --no-store."
            )
        return store.frames(turn.row)

    async def _copy(self, argument: str) -> str:
        text = self._last().answer.text
        word, _, number = argument.partition(" ")
        if word == "code":
            blocks = code_blocks(text)
            place = _number(number, 1)
            if not 1 <= place <= len(blocks):
                raise UsageError(f"The answer has {len(blocks)} code blocks.", hint="/copy code 1")
            text = blocks[place - 1][1]
        elif word:
            raise UsageError(f"{word!r} can't be copied.", hint="/copy, or /copy code 1")
        await copy(text, self._state.console)
        return f"copied {len(text):,} characters"

    async def _feedback(self, argument: str) -> str:
        kind, _, reason = argument.partition(" ")
        turn, state = self._last(), self._state
        if kind not in _FEEDBACK:
            raise UsageError("Feedback must be like or dislike.", hint="/feedback dislike too long")
        if state.bot.handle is not None:
            raise UsageError(
                "Poe accepts no feedback from scripts.", hint="Chat with the bot's own URL instead."
            )
        record = state.chat.record
        report = ReportFeedbackRequest(
            message_id=turn.answer.message_id,
            user_id=record.user_id,
            conversation_id=record.conversation_id,
            feedback_type=cast("Literal['like', 'dislike']", kind),
        )
        reason = reason.strip()
        state.chat.give_feedback(turn, report.feedback_type, reason)
        await send_report(report, state.bot, session=state.chat.http)
        later = ", and the reason with the next message" if reason else ""
        return f"{state.bot.name} received your {kind}{later}"

    # --- files that bots sent ---

    def _received(self) -> list[File]:
        return [file for turn in self._state.chat.turns for file in turn.answer.files]

    def _file(self, number: str) -> File:
        files, place = self._received(), _number(number, 0)
        if not 1 <= place <= len(files):
            raise UsageError(f"There are {len(files)} files.", hint="/files lists them")
        return files[place - 1]

    async def _files(self, _argument: str) -> str:
        lines = [
            f"{number}  {one_line(file.name)} ({one_line(file.content_type)})  {clean(file.url)}"
            for number, file in enumerate(self._received(), 1)
        ]
        return "\n".join(lines) or "no bot sent a file yet"

    async def _save(self, argument: str) -> str:
        words = _words(argument)
        files = self._received()
        if words and words[0].isdecimal():
            files = [self._file(words.pop(0))]
        if not files:
            raise UsageError("There is no file to save.", hint="/files lists what bots sent")
        await save_files(files, _folder(words), self._state.chat.http, self._state.console)
        return ""

    async def _open(self, argument: str) -> str:
        file = self._file(argument)
        if not is_web_address(file.url):
            raise UsageError(f"{clean(file.url)!r} is not a web address.")
        if not webbrowser.open(file.url):
            return f"no browser was found: {clean(file.url)}"
        return f"opened {one_line(file.name)}"


def _visible(text: str) -> str:
    """What a terminal would obey is shown as its Python escape instead."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def _words(text: str) -> list[str]:
    """Words as a shell would split them; a dropped path may stand in quotes."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _folder(words: list[str]) -> Path:
    return typed_path(words[0]) if words else Path()


def _number(text: str, default: int) -> int:
    if not text.strip():
        return default
    if not text.strip().isdecimal():
        raise UsageError(f"{text.strip()!r} is not a number.")
    return int(text)
