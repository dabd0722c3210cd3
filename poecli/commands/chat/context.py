"""What a chat is given from outside: whom it can ask and with which key, and its flags."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.chat.address_book import AddressBook, LocalStarter, absolute
from poecli.chat.local_output import LocalOutput
from poecli.client.address import BotAddress
from poecli.commands.bots.access_keys import key_for_url
from poecli.commands.chat.flags import ChatFlags
from poecli.config.credentials import checked_key, find_api_key, key_file_text
from poecli.config.faults import parse_faults
from poecli.config.paths import user_folders
from poecli.config.project import find_project
from poecli.config.settings import base_url, read_environment
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.local.project import LocalProject


@dataclass(frozen=True)
class ChatContext:
    """What a chat is given from outside; ``stack`` closes what was opened for it."""

    console: Console
    flags: ChatFlags
    book: AddressBook
    stack: contextlib.AsyncExitStack
    local_output: LocalOutput


@contextlib.asynccontextmanager
async def chat_context(console: Console, flags: ChatFlags) -> AsyncIterator[ChatContext]:
    """The context of one chat. Raises UsageError, ConfigError."""
    output, local_poes = LocalOutput(), list[str]()
    async with contextlib.AsyncExitStack() as stack:
        # Called last: a bot that blocked may tell so as late as when it ends.
        stack.callback(output.show, console)

        async def start(spec: str) -> BotAddress:
            bot, local_poe = await _start_local(spec, console, flags, stack, output)
            local_poes.append(local_poe)
            return bot

        book = _address_book(console, flags, start, local_poes)
        yield ChatContext(console, flags, book, stack, output)


async def _start_local(
    spec: str,
    console: Console,
    flags: ChatFlags,
    stack: contextlib.AsyncExitStack,
    output: LocalOutput,
) -> tuple[BotAddress, str]:
    """Serve the bot of a file or folder until the chat is over; its local Poe's address too.

    It is `poe dev` without reload and log. Raises BotLoadError when there is no bot, or its file
    fails.
    """
    # The dev server is loaded only when a bot of this machine is asked for.
    from poecli.local.flags import LocalFlags
    from poecli.local.options import settle_options
    from poecli.local.project import local_project

    local_flags = LocalFlags.for_one_command(spec, flags.python, fault=flags.fault)
    options = settle_options(local_flags, console.env, Path.cwd())
    for note in options.server.interpreter.notes:
        console.warn(note)
    project = await stack.enter_async_context(local_project(options, output.hear))
    stack.callback(_say_never_met, console, project, flags.fault)
    first, *others = await project.wait_ready()
    if first.failure is not None:
        output.forget()  # it is in the error, and belongs to no answer
        console.show_error(first.failure)
    if others:
        names = ", ".join(f"{bot.name} ({bot.url})" for bot in others)
        console.say(f"talking to {first.name}; also here: {names}", style="dim")
    return replace(project.address_of(first), typed=absolute(spec)), project.server.base_url


def _say_never_met(console: Console, project: LocalProject, asked: Sequence[str]) -> None:
    for sentence in project.platform.faults.never_met(parse_faults(asked)):
        console.warn(sentence)


def _address_book(
    console: Console, flags: ChatFlags, start: LocalStarter, local_poes: Sequence[str]
) -> AddressBook:
    """``local_poes`` are the addresses of the local Poes beside the bots started so far."""
    folder = Path.cwd()
    project = find_project(folder)
    environment = read_environment(console.env, project.root)
    key_of_file = (
        checked_key(key_file_text(flags.key_file), source=str(flags.key_file))
        if flags.key_file
        else None
    )
    config = user_folders(console.env).config
    found = find_api_key(environment, config)
    return AddressBook(
        folder=folder,
        base_url=base_url(environment, flags.base_url, project.base_url).value,
        api_key=key_of_file or (found.value if found else None),
        access_key_for=lambda url: key_of_file or key_for_url(url, project, environment),
        start_local=start,
        local_poe=lambda: local_poes[-1] if local_poes else None,
    )
