"""`poe chat`: look at chats that are kept, ask once, or talk.

The first prompt of a conversation waits for nothing that can be loaded while a person types.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from poecli.chat.bots import kind_of, label_of
from poecli.chat.output.stdin import StdinRules, is_one_shot, message_for
from poecli.commands.chat.address_book import address_book, starter
from poecli.commands.chat.flags import ChatFlags, Surroundings
from poecli.config.paths import user_folders
from poecli.errors import MissingChoice, UsageError
from poecli.terminal.console import Console
from poecli.terminal.tty import lines_off

if TYPE_CHECKING:
    from poecli.chat.kept.store import ChatStore
    from poecli.chat.outbox import Told
    from poecli.chat.repl.interpreter import Obeying
    from poecli.chat.repl.keyboard import Keyboard


def browse(console: Console, flags: ChatFlags) -> None:
    """Look at the chats that are kept: one, those with some words, or the list of all."""
    from poecli.chat.kept.archive import export_chat, list_chats, search_chats

    store = open_store(console, console.warn)
    if store is None:
        raise UsageError("No chats can be read.", hint="XDG_DATA_HOME names another folder.")
    with contextlib.closing(store):
        if flags.search is not None:
            search_chats(console, store, flags.search, json=flags.json)
        elif flags.show is not None or flags.export is not None:
            as_json = flags.json or flags.export == "json"
            export_chat(console, store, flags.show, as_json=as_json)
        else:
            list_chats(console, store, json=flags.json)


def open_store(console: Console, warn: Callable[[str], object]) -> ChatStore | None:
    """The user's chats; None, with a warning, where they can't be kept."""
    from poecli.chat.kept.store import ChatStore, Trouble

    folder = user_folders(console.env).data
    try:
        return ChatStore.open(folder)
    except Trouble as error:
        warn(f"Chats can't be kept in {folder}: {error}.")
        return None


def run_chat(console: Console, flags: ChatFlags) -> None:
    """Ask once when there is a message, else talk."""
    if flags.resume is not None and (store := open_store(console, console.warn)):
        store.find(flags.resume)  # before anything is read or waited for
    rules = StdinRules(not flags.no_stdin, flags.stdin_timeout)
    if is_one_shot(console, flags.message, rules):
        asyncio.run(_ask(console, flags, message_for(console, flags.message, rules)))
    elif console.can_ask and console.stdout_is_terminal:
        restore = lines_off(console.stdin)
        try:
            asyncio.run(_converse(console, flags))
        finally:
            restore()
    else:
        raise MissingChoice("There is no message, and nobody can be asked.", hint="--message TEXT")


@contextlib.asynccontextmanager
async def _surroundings(console: Console, flags: ChatFlags) -> AsyncIterator[Surroundings]:
    async with contextlib.AsyncExitStack() as stack:
        tracebacks: list[Callable[[], Told]] = []
        local_poes: list[str] = []
        start = starter(console, stack, tracebacks, local_poes)
        book = address_book(console, flags.key_file, flags.base_url, start, local_poes)
        yield Surroundings(console, flags, book, stack, tracebacks)


async def _ask(console: Console, flags: ChatFlags, text: str) -> None:
    from poecli.commands.chat.ask import ask

    async with _surroundings(console, flags) as around:
        await ask(around, text)


async def _converse(console: Console, flags: ChatFlags) -> None:
    # prompt_toolkit takes 0.2 s to import, which a question in a pipe need not pay.
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.input import create_input

    from poecli.chat.repl.history import FILE_NAME, LockedHistory
    from poecli.chat.repl.keyboard import Keyboard
    from poecli.chat.repl.loop import converse
    from poecli.chat.repl.prompt import Prompt
    from poecli.models.cache import read_handles

    folders = user_folders(console.env)
    file = folders.state / FILE_NAME
    history = InMemoryHistory() if flags.no_history else LockedHistory(file, console.warn)
    keyboard = Keyboard(create_input(console.stdin, always_prefer_tty=False))
    prompt = Prompt(console, keyboard, history, read_handles(folders.cache))
    async with _surroundings(console, flags) as around:
        label = await _label_at_once(around)
        coming = asyncio.ensure_future(_obeying(around, keyboard, prompt.drawn if label else None))
        try:
            if not label:
                await asyncio.wait([coming])
            await converse(console, prompt, keyboard, label, coming)
        finally:
            coming.cancel()
            await asyncio.wait([coming])


async def _label_at_once(around: Surroundings) -> str:
    """What the first prompt says before anything slow is loaded.

    Empty where that must come first: it could fail, or say something above the prompt.
    """
    flags = around.flags
    first = flags.continue_ or flags.resume or flags.attach or flags.tools or flags.logit_bias
    if flags.bot is None or first or kind_of(flags.bot, around.book.folder) == "local":
        return ""
    return label_of(await around.book.find(flags.bot))


async def _obeying(
    around: Surroundings, keyboard: Keyboard, drawn: asyncio.Event | None
) -> Obeying:
    if drawn is not None:
        await drawn.wait()
    begin = await asyncio.to_thread(_load)  # keys are taken meanwhile
    return await begin(around, keyboard)


def _load() -> Callable[[Surroundings, Keyboard], Awaitable[Obeying]]:
    from poecli.commands.chat.ask import begin_obeying

    return begin_obeying
