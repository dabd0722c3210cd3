"""`poe chat`: look at chats that are kept, ask once, or converse.

The first prompt of a conversation waits for nothing that can be loaded while a person types.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.chat.address_book import kind_of, label_of
from poecli.chat.output.stdin import StdinRules, is_one_shot, message_for
from poecli.commands.chat.context import ChatContext, chat_context
from poecli.commands.chat.flags import ChatFlags
from poecli.config.paths import user_folders
from poecli.errors import MissingChoice, UsageError
from poecli.terminal.console import Console
from poecli.terminal.tty import lines_off
from poecli.waiting import run_async

if TYPE_CHECKING:
    from poecli.chat.repl.interpreter import ReplInterpreter
    from poecli.chat.repl.keyboard import Keyboard


def browse(console: Console, flags: ChatFlags) -> None:
    """The chats that are kept: one, those with some words, the list of all; or one is removed."""
    from poecli.chat.archive import export_chat, list_chats, remove_chat, search_chats
    from poecli.chats.store import open_store

    store = open_store(console.env, console.warn)
    if store is None:
        raise UsageError(
            "The stored chats can't be read.", hint="Set XDG_DATA_HOME to another folder."
        )
    with contextlib.closing(store):
        if flags.remove is not None:
            remove_chat(console, store, flags.remove, as_json=flags.json)
        elif flags.search is not None:
            search_chats(console, store, flags.search, json=flags.json)
        elif flags.show is not None or flags.export is not None:
            as_json = flags.json or flags.export == "json"
            export_chat(console, store, flags.show, as_json=as_json)
        else:
            list_chats(console, store, json=flags.json)


def run_chat(console: Console, flags: ChatFlags) -> None:
    """Ask once when there is a message, else converse."""
    _check_where(flags)
    if flags.resume is not None:
        _check_chat(console, flags.resume)
    rules = StdinRules(not flags.no_stdin, flags.stdin_timeout)
    if is_one_shot(console, flags.message, rules):
        run_async(_ask(console, flags, message_for(console, flags.message, rules)))
    elif console.can_ask and console.stdout_is_terminal:
        restore = lines_off(console.stdin)
        try:
            run_async(_converse(console, flags))
        finally:
            restore()
    else:
        raise MissingChoice(
            "There is no message, and poe can't ask for one.", hint="--message TEXT"
        )


def _check_where(flags: ChatFlags) -> None:
    if flags.bot is None or kind_of(flags.bot, Path.cwd()) == "local":
        return
    if flags.fault:
        raise UsageError(
            "--fault is for a bot on this machine.",
            why="Nobody can make the real Poe, or a server elsewhere, fail on request.",
            hint="poe chat FOLDER",
        )
    if flags.python is not None:
        raise UsageError(
            "--python is for a bot on this machine.",
            why="A bot elsewhere runs on a Python of its own.",
            hint="poe chat FOLDER",
        )


def _check_chat(console: Console, start: str) -> None:
    """Raise UsageError for a chat that is not there, before anything is read or waited for."""
    from poecli.chats.store import open_store

    store = open_store(console.env, console.warn)
    if store is not None:
        store.find(start)


async def _ask(console: Console, flags: ChatFlags, text: str) -> None:
    from poecli.commands.chat.ask import ask

    async with chat_context(console, flags) as context:
        await ask(context, text)


async def _converse(console: Console, flags: ChatFlags) -> None:
    # prompt_toolkit takes 0.2 s to import, which a question in a pipe need not pay.
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.input import create_input

    from poecli.chat.repl.history import FILE_NAME, LockedHistory
    from poecli.chat.repl.keyboard import Keyboard
    from poecli.chat.repl.loop import run_repl
    from poecli.chat.repl.prompt import Prompt
    from poecli.models.cache import read_handles

    folders = user_folders(console.env)
    file = folders.state / FILE_NAME
    history = InMemoryHistory() if flags.no_history else LockedHistory(file, console.warn)
    keyboard = Keyboard(create_input(console.stdin, always_prefer_tty=False))
    prompt = Prompt(console, keyboard, history, read_handles(folders.cache))
    async with chat_context(console, flags) as context:
        label = await _label_at_once(context)
        loading = asyncio.ensure_future(
            _load_interpreter(context, keyboard, prompt.drawn if label else None)
        )
        try:
            if not label:
                await asyncio.wait([loading])
            await run_repl(console, prompt, keyboard, label, loading)
        finally:
            loading.cancel()
            await asyncio.wait([loading])


async def _label_at_once(context: ChatContext) -> str:
    """What the first prompt says before anything slow is loaded.

    Empty where that must come first: it could fail, or say something above the prompt.
    """
    flags = context.flags
    first = flags.continue_ or flags.resume or flags.attach or flags.tools or flags.logit_bias
    if flags.bot is None or first or kind_of(flags.bot, context.book.folder) == "local":
        return ""
    return label_of(await context.book.find(flags.bot))


async def _load_interpreter(
    context: ChatContext, keyboard: Keyboard, drawn: asyncio.Event | None
) -> ReplInterpreter:
    if drawn is not None:
        await drawn.wait()
    begin = await asyncio.to_thread(_begin)  # keys are taken meanwhile
    return await begin(context, keyboard)


def _begin() -> Callable[[ChatContext, Keyboard], Awaitable[ReplInterpreter]]:
    from poecli.commands.chat.ask import begin_interpreter

    return begin_interpreter
