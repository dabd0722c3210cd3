"""What `poe chat` needs from outside: keys, the store, the bot's address; then one-shot or REPL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from poecli.chat.attachments import Staged, stage
from poecli.chat.bots import AddressBook, Bot, LocalStarter, absolute, is_loopback, kind_of
from poecli.chat.desk import Desk, Told
from poecli.chat.oneshot import OneShot, ask_once
from poecli.chat.recorder import Recorder
from poecli.chat.session import Chat, ChatOptions, new_chat
from poecli.chat.stdin import StdinRules, is_one_shot, message_for
from poecli.chat.turns import ChatRecord
from poecli.client.bot_query import Retry
from poecli.client.http import open_session
from poecli.config.credentials import Secret, checked_key, find_access_key, find_api_key
from poecli.config.paths import user_folders
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, Project, find_project
from poecli.config.settings import Environment, base_url, read_environment
from poecli.errors import MissingChoice, PoeCliError, UsageError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.chat.store import ChatStore


@dataclass(frozen=True)
class ChatFlags:
    """The flags of `poe chat`, as they were given."""

    bot: str | None = None
    message: str | None = None
    attach: tuple[str, ...] = ()
    json: bool = False
    jsonl: bool = False
    stream: bool = False
    extract: str | None = None
    plain: bool = False
    save_files: Path | None = None
    timeout: float | None = None
    retries: int = 2
    read_stdin: bool = True
    stdin_timeout: float = 30.0
    system: str = ""
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    logit_bias: tuple[str, ...] = ()
    param: tuple[str, ...] = ()
    skip_system_prompt: bool = False
    tools: Path | None = None
    yes: bool = False
    continue_: bool = False
    resume: str | None = None
    store: bool = True
    history: bool = True
    key_file: Path | None = None
    base_url: str | None = None


def browse(
    console: Console,
    *,
    show: str | None,
    export: Literal["md", "json"] | None,
    search: str | None,
    json: bool,
) -> None:
    """Look at the chats that are kept: one, those with some words, or the list of all."""
    from poecli.chat.archive import export_chat, list_chats, search_chats

    store = open_store(console)
    if store is None:
        raise UsageError("No chats can be read.", hint="XDG_DATA_HOME names another folder.")
    with contextlib.closing(store):
        if search is not None:
            search_chats(console, store, search, json=json)
        elif show is not None or export is not None:
            export_chat(console, store, show, as_json=json or export == "json")
        else:
            list_chats(console, store, json=json)


def open_store(console: Console) -> ChatStore | None:
    """The user's chats; None, with a warning, where they can't be kept."""
    from poecli.chat.store import ChatStore, Trouble

    folder = user_folders(console.env).data
    try:
        return ChatStore.open(folder)
    except Trouble as error:
        console.warn(f"Chats can't be kept in {folder}: {error}.")
        return None


def run_chat(console: Console, flags: ChatFlags) -> None:
    """Ask once when there is a message, else talk."""
    rules = StdinRules(flags.read_stdin, flags.stdin_timeout)
    text = None
    if is_one_shot(console, flags.message, rules):
        text = message_for(console, flags.message, rules)
    elif not (console.can_ask and console.stdout_is_terminal):
        raise MissingChoice("There is no message, and nobody can be asked.", hint="--message TEXT")
    staged = [stage(source) for source in flags.attach]  # before anything else can fail
    store = open_store(console) if flags.store else None
    try:
        asyncio.run(_talk(console, flags, store, text, staged))
    finally:
        if store is not None:
            store.close()


async def _talk(
    console: Console,
    flags: ChatFlags,
    store: ChatStore | None,
    text: str | None,
    staged: list[Staged],
) -> None:
    record = _record_to_resume(flags, store)
    async with contextlib.AsyncExitStack() as stack:
        tracebacks: list[Callable[[], Told]] = []
        book = _address_book(console, flags, _starter(console, stack, tracebacks))
        bot = await book.find(flags.bot or (record.bot if record else ""))
        http = await stack.enter_async_context(open_session())
        recorder = Recorder(store, console.warn)
        turns = store.turns(record.id) if store and record else []
        chat = Chat(record or new_chat(bot), http, recorder, _chat_options(console, flags), turns)
        if record is not None:
            recorder.resume(record)
        desk = Desk(stack, chat, book, console, tracebacks)
        if text is None:
            await _converse(flags, desk, bot, staged)
            return
        question = await desk.question(text, staged, flags.param, bot)
        wanted = OneShot(
            json=flags.json,
            jsonl=flags.jsonl,
            stream=flags.stream,
            plain=flags.plain,
            extract=flags.extract,
            save_files=flags.save_files,
            timeout=flags.timeout,
        )
        try:
            await ask_once(console, chat, bot, question, wanted)
        except PoeCliError as error:
            desk.tell_tracebacks(error)
            raise
        finally:
            desk.tell_tracebacks()


async def _converse(flags: ChatFlags, desk: Desk, bot: Bot, staged: list[Staged]) -> None:
    # prompt_toolkit takes 0.2 s to import, which a question in a pipe need not pay.
    from prompt_toolkit.history import InMemoryHistory

    from poecli.chat.conversing import Conversing
    from poecli.chat.history import FILE_NAME, LockedHistory
    from poecli.chat.model_cache import read_handles
    from poecli.chat.repl import converse

    console = desk.console
    folders = user_folders(console.env)
    params = {text.partition("=")[0]: text for text in flags.param}
    talk = Conversing(console, desk.chat, desk, bot, flags.plain, staged, params)
    file = folders.state / FILE_NAME
    history = LockedHistory(file, console.warn) if flags.history else InMemoryHistory()
    await converse(talk, history, read_handles(folders.cache))


def _record_to_resume(flags: ChatFlags, store: ChatStore | None) -> ChatRecord | None:
    if flags.resume is None and not flags.continue_:
        return None
    if store is None:
        raise UsageError("No chat can be resumed: none is kept.", hint="Leave out --no-store.")
    if flags.resume is not None:
        return store.find(flags.resume)
    spec = flags.bot
    if spec is not None and kind_of(spec, Path.cwd()) == "local":
        spec = absolute(spec)
    found = store.chats(bot=spec, limit=1)
    if not found:
        raise UsageError(
            "There is no chat to go on with." if spec is None else f"No chat with {flags.bot} yet.",
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
    from poecli.chat.approval import approver
    from poecli.chat.toolbox import read_toolbox

    approve = approver(console, yes=flags.yes)
    toolbox = read_toolbox(flags.tools, approve, lambda line: console.say(line, style="dim"))
    return replace(options, toolbox=toolbox)


def _bias(text: str) -> tuple[str, float]:
    token, _, number = text.rpartition("=")
    try:
        return token, float(number)
    except ValueError:
        raise UsageError(f"{text!r} is no logit bias.", hint="--logit-bias TOKEN=NUMBER") from None


# --- whom to ask, with which key ----------------------------------------------------------------


def _starter(
    console: Console, stack: contextlib.AsyncExitStack, tracebacks: list[Callable[[], Told]]
) -> LocalStarter:
    """Starts a local bot; the dev server is loaded only when one is asked for."""

    async def start(spec: str) -> Bot:
        from poecli.commands.chat_local import Tracebacks, local_starter

        kept = Tracebacks()
        tracebacks.append(kept.take)
        return await local_starter(stack, console.env, console, kept)(spec)

    return start


def _address_book(console: Console, flags: ChatFlags, start: LocalStarter) -> AddressBook:
    folder = Path.cwd()
    project = find_project(folder)
    environment = read_environment(console.env, project.root)
    key_of_file = _key_of(flags.key_file) if flags.key_file else None
    config = user_folders(console.env).config
    found = find_api_key(environment, config)
    return AddressBook(
        folder=folder,
        base_url=base_url(environment, flags.base_url, project.base_url).value,
        api_key=key_of_file or (found.value if found else None),
        access_key_for=_access_keys(project, environment, key_of_file),
        start_local=start,
    )


def _key_of(file: Path) -> Secret:
    try:
        return checked_key(file.read_text(encoding="utf-8-sig"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The key file {file} can't be read.", why=str(error)) from error


def _access_keys(
    project: Project, environment: Environment, given: Secret | None
) -> Callable[[str], Secret | None]:
    """An access key goes to this machine and to the project's own URLs; nobody else sees it."""

    def key_for(url: str) -> Secret | None:
        if given is not None:
            return given
        variable = DEFAULT_ACCESS_KEY_VARIABLE if is_loopback(url) else None
        for entry in project.bots.values():
            if entry.url and url.rstrip("/") == entry.url.rstrip("/"):
                variable = entry.access_key_env
        found = find_access_key(environment, variable) if variable else None
        return found.value if found else None

    return key_for
