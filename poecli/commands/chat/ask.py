"""What `poe chat` asks with: the client, the store and the options, all that is slow to load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.chat.address_book import absolute, kind_of
from poecli.chat.attachments import pending_file
from poecli.chat.outbox import Outbox
from poecli.chat.output.one_shot import OneShot, ask_once
from poecli.chats.recorder import Recorder
from poecli.chats.session import Chat, ChatOptions, new_chat
from poecli.chats.turns import ChatRecord
from poecli.client.address import BotAddress
from poecli.client.bot_query import Retry
from poecli.client.http import open_session
from poecli.commands.chat.context import ChatContext
from poecli.commands.chat.flags import ChatFlags
from poecli.config import values
from poecli.errors import PoeCliError, UsageError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.chat.repl.interpreter import ReplInterpreter
    from poecli.chat.repl.keyboard import Keyboard
    from poecli.chats.store import ChatStore


async def ask(context: ChatContext, text: str) -> None:
    """One question, its answer on stdout. Raises what went wrong."""
    console, flags = context.console, context.flags
    pending = [pending_file(source) for source in flags.attach]  # before anything else can fail
    outbox, bot = await _outbox(context, console.warn)
    question = await outbox.question(text, pending, flags.param, bot)
    wanted = OneShot(
        json=flags.json,
        jsonl=flags.jsonl,
        stream=flags.stream,
        plain=flags.plain,
        extract=flags.language if flags.extract or flags.language else None,
        save_files=flags.save_files,
        timeout=flags.timeout,
    )
    try:
        await ask_once(console, outbox.chat, bot, question, wanted)
    except PoeCliError as error:
        context.local_output.show(console, error)
        raise
    finally:
        context.local_output.show(console)


async def begin_interpreter(context: ChatContext, keyboard: Keyboard) -> ReplInterpreter:
    """A conversation begins: what carries out the lines that are typed."""
    from poecli.chat.repl.interpreter import interpreter
    from poecli.chat.repl.prompt import write_above
    from poecli.chat.repl.state import ReplState

    console, flags = context.console, context.flags

    def warn(text: str) -> None:
        write_above(lambda: console.warn(text))  # a prompt may stand already

    pending = [pending_file(source) for source in flags.attach]
    params = {text.partition("=")[0]: text for text in flags.param}
    outbox, bot = await _outbox(context, warn)
    state = ReplState(
        console,
        outbox.chat,
        outbox,
        keyboard,
        context.local_output,
        bot,
        flags.plain,
        pending,
        params,
    )
    return await context.stack.enter_async_context(interpreter(state))


async def _outbox(context: ChatContext, warn: Callable[[str], object]) -> tuple[Outbox, BotAddress]:
    console, flags, book, stack = context.console, context.flags, context.book, context.stack
    store = None if flags.no_store else _store(context, warn)
    record = _record_to_resume(flags, store)
    bot = await book.find(flags.bot or (record.bot if record else ""))
    http = await stack.enter_async_context(open_session())
    recorder = Recorder(store, console.warn)
    turns = store.turns(record.id) if store and record else []
    chat = Chat(record or new_chat(bot), http, recorder, _chat_options(console, flags), turns)
    if record is not None:
        recorder.resume(record)
    return Outbox(stack, chat, book, console, text_params=flags.text_params), bot


def _store(context: ChatContext, warn: Callable[[str], object]) -> ChatStore | None:
    from poecli.chats.store import open_store

    store = open_store(context.console.env, warn)
    if store is not None:
        context.stack.callback(store.close)
    return store


def _record_to_resume(flags: ChatFlags, store: ChatStore | None) -> ChatRecord | None:
    if flags.resume is None and not flags.continue_:
        return None
    if store is None:
        raise UsageError(
            "No chat can be resumed: chats are not stored.", hint="Run without --no-store."
        )
    if flags.resume is not None:
        return store.find(flags.resume)
    spec = flags.bot
    if spec is not None and kind_of(spec, Path.cwd()) == "local":
        spec = absolute(spec)
    found = store.chats(bot=spec, limit=1)
    if not found:
        raise UsageError(
            "There is no chat to continue." if spec is None else f"No chat with {flags.bot} yet.",
            hint="poe chat --list",
        )
    return found[0]


def _chat_options(console: Console, flags: ChatFlags) -> ChatOptions:
    options = ChatOptions(
        system=flags.system,
        temperature=flags.temperature,
        skip_system_prompt=flags.skip_system_prompt,
        logit_bias=dict(_bias(text) for text in flags.logit_bias),
        stop_sequences=flags.stop,
        retry=Retry(tries=flags.retries + 1),
    )
    if flags.tools is None:
        return options
    from poecli.chat.toolbox import approver, read_toolbox

    approve = approver(console, yes=flags.yes)
    toolbox = read_toolbox(flags.tools, approve, lambda line: console.say(line, style="dim"))
    return replace(options, toolbox=toolbox)


def _bias(text: str) -> tuple[str, float]:
    token, _, number = text.rpartition("=")
    try:
        return token, values.finite(float(number))
    except ValueError:
        raise UsageError(
            f"{text!r} is not a logit bias.", hint="--logit-bias TOKEN=NUMBER"
        ) from None
