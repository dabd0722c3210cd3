"""The worker process: wait, load the author's bot, serve it, end when told or when alone.

    main()           spawned (hosting.process.entry): fresh, or as a warm standby
    run(channel)     called in a child of the fork server

Importing this module imports fastapi_poe: that is what makes a worker warm.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import fastapi_poe as fp

from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, find_project
from poecli.config.target import Target
from poecli.errors import BotLoadError, PoeCliError
from poecli.hosting.author.errors import AuthorError
from poecli.hosting.author.frames import shown_path
from poecli.hosting.finding import discovery
from poecli.hosting.process.channel import OF_POE, Channel, Message, flush_standard_streams
from poecli.hosting.process.debugging import listen_for_debugger
from poecli.hosting.process.entry import collect_again
from poecli.hosting.process.fresh_bytecode import compile_author_files_anew
from poecli.hosting.process.output import CURRENT_TURN, capture
from poecli.hosting.process.preload import import_ahead
from poecli.hosting.process.warm_up import rehearse
from poecli.hosting.process.watchdog import Place, Watchdog, watched_load
from poecli.hosting.sandbox import containment
from poecli.hosting.sandbox.file_writes import tell_writes
from poecli.hosting.sandbox.modal import classes
from poecli.hosting.sandbox.server_starts import NO_KEY
from poecli.hosting.serving.bot_server import BotServer
from poecli.http1.server import HttpServer

# What a bot began with asyncio.create_task may end after its answer, as on a deployed server.
_BACKGROUND_SECONDS = 2
_CLOSED_CHANNEL = b"The bot's file closed what it had not opened: with os.closerange, perhaps.\n"


@dataclass(frozen=True)
class Surroundings:
    """What the parent's ``prepare`` message sets up: all that does not need the author's code.

    ``cwd`` is the project's folder. ``env`` is its .env; the process's own environment is
    stronger. For the others see `containment.Options`.
    """

    cwd: str
    base_url: str | None
    allow_hosts: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class LoadOrder:
    """What the parent's ``load`` message asks for; a ``prepare`` message goes before it.

    ``listen`` is the path of a unix socket, None for a free port on loopback. ``access_key`` is the
    environment's, or --access-key's with ``access_key_is_flag``. ``check`` lists
    changed files of the author's, compiled before anything runs.
    """

    target: str
    listen: str | None = None
    access_key: str | None = field(default=None, repr=False)
    access_key_is_flag: bool = False
    check: Sequence[str] = ()
    debug: bool = False


def run(channel: Channel) -> int:
    """Serve one parent: warm up, prepare, load one target, serve it. The process's exit code."""
    capture(channel)
    for message in channel.messages():
        if message["type"] == "warm":
            import_ahead(message["modules"])
            collect_again()
            channel.send("warm")
        elif message["type"] == "rehearse":
            with contextlib.suppress(Exception):  # what fails here fails at the load, in words
                rehearse()
        elif message["type"] == "prepare":
            prepare(Surroundings(**_without_type(message)))
            collect_again()
        elif message["type"] == "load":
            return _Worker(channel, LoadOrder(**_without_type(message))).run()
        else:
            break
    return 0


def prepare(surroundings: Surroundings) -> None:
    """Do for a load what can be done before the author's files are looked at."""
    os.chdir(surroundings.cwd)
    compile_author_files_anew()
    for name, value in surroundings.env.items():
        os.environ.setdefault(name, value)
    containment.install(containment.Options(surroundings.base_url, tuple(surroundings.allow_hosts)))


def _without_type(message: Message) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != "type"}


class _Worker:
    def __init__(self, channel: Channel, order: LoadOrder) -> None:
        self._channel = channel
        self._order = order
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_stop = asyncio.Event()

    def run(self) -> int:
        self._channel.watch(self._take, self._parent_gone)
        try:
            target = Target.parse(self._order.target, Path.cwd())
            for file in self._order.check:
                _compile(Path(file))
            if self._order.debug:
                self._channel.send("debugger", port=listen_for_debugger())
            tell_writes(str(Path.cwd()), lambda path: self._channel.send("wrote", path=path))
            with watched_load(target.root, self._report_slow_load):
                loaded = discovery.load(target, imported_before=frozenset(sys.modules))
            if not self._channel.is_open():
                os.write(2, _CLOSED_CHANNEL)
                return 1
            asyncio.run(self._serve(loaded, target))
        except PoeCliError as error:
            self._channel.send("failed", error=error.as_json())
            return error.exit_code
        return 0

    # --- the control thread ---

    def _take(self, message: Message) -> None:
        if message["type"] != "exit":
            return
        if self._loop is None:
            # Still loading: the author's module body may never come to an end.
            self._leave()
        else:
            self._loop.call_soon_threadsafe(self._told_to_stop.set)

    def _parent_gone(self) -> None:
        if self._order.listen:
            socket_file = Path(self._order.listen)
            socket_file.unlink(missing_ok=True)
            try:
                socket_file.parent.rmdir()
            except OSError:  # another worker is still there, and does it
                self._leave()
        self._leave()

    def _leave(self) -> None:
        flush_standard_streams()
        os._exit(0)

    # --- the main thread ---

    async def _serve(self, loaded: discovery.Loaded, target: Target) -> None:
        self._loop = asyncio.get_running_loop()
        loaded = _with_keys(loaded, self._order)
        server = BotServer(
            loaded,
            on_turn=_begin_turn,
            on_error=self._report_error,
            on_wait=self._report_wait,
            leave=self._end_with,
        )
        watchdog = Watchdog(target.root, self._report_stall)
        async with server.serving() as http_server:
            try:
                listening = await self._listen(http_server)
                self._channel.send("ready", **_description(loaded), address=_address(listening))
                watchdog.start(self._loop)
                await self._told_to_stop.wait()
                listening.close()
            finally:
                watchdog.stop()
        await _let_background_tasks_end()
        await asyncio.to_thread(classes.leave_all)

    async def _listen(self, http_server: HttpServer) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if self._order.listen:
            return await loop.create_unix_server(http_server, self._order.listen)
        return await loop.create_server(http_server, "127.0.0.1", 0)

    def _report_error(self, error: AuthorError) -> None:
        self._channel.send("traceback", turn=CURRENT_TURN.get(), **vars(error))

    def _report_wait(self, text: str) -> None:
        self._channel.send("log", text=text, stream=OF_POE, turn=CURRENT_TURN.get())

    def _report_slow_load(self, place: Place | None, seconds: float) -> None:
        where = "a library"
        if place is not None:
            where = f"{shown_path(place.file)}:{place.line} ({place.function})"
        self._report_wait(f"still loading after {seconds:.0f} s, at {where}")

    def _end_with(self, code: int) -> None:
        """End the process as the author's code asked to."""
        flush_standard_streams()
        os._exit(code)

    def _report_stall(self, place: Place | None, seconds: float) -> None:
        where = vars(place) if place else vars(Place("", 0, ""))
        self._channel.send("stall", ms=round(seconds * 1000), **where)


def _with_keys(loaded: discovery.Loaded, order: LoadOrder) -> discovery.Loaded:
    """Give each bot its key as deployed: one of its own beats the environment's, a flag both."""
    if order.access_key is None:
        return loaded
    notes = [note for note in loaded.notes if note != NO_KEY]
    for bot, path in zip(loaded.bots, loaded.paths, strict=True):
        if order.access_key_is_flag or not bot.access_key:
            bot.access_key = order.access_key
        elif bot.access_key != order.access_key:
            notes.append(
                f"{_name(loaded, bot, path)} uses its own access key, as it will when deployed; "
                f"the different key in {DEFAULT_ACCESS_KEY_VARIABLE} is rejected."
            )
    return replace(loaded, notes=tuple(notes))


def _description(loaded: discovery.Loaded) -> dict[str, Any]:
    return {
        "bots": [
            {"name": _name(loaded, bot, path), "path": path, "access_key": bot.access_key}
            for bot, path in zip(loaded.bots, loaded.paths, strict=True)
        ],
        "third_party": loaded.third_party,
        "files": [str(file) for file in loaded.files],
        "notes": loaded.notes,
    }


def _name(loaded: discovery.Loaded, bot: fp.PoeBot, path: str) -> str:
    """The handle poe.toml gives the bot at this path, else its own name, else its class's."""
    entries = find_project(loaded.target.root).bots.values()
    handles = [entry.name for entry in entries if entry.path == path]
    if len(handles) == 1:
        return handles[0]
    return bot.bot_name or type(bot).__name__


def _compile(file: Path) -> None:
    try:
        compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except OSError:  # removed meanwhile: whoever imports it says so
        return
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise BotLoadError(
            f"{file}:{line} does not compile.",
            why=getattr(error, "msg", None) or str(error),
            detail="".join(traceback.format_exception_only(type(error), error)).rstrip(),
            hint="Fix it and save again; the last working version keeps answering.",
            id="syntax-error",
        ) from error


def _address(listening: asyncio.Server) -> str | int:
    """Where it is served: the path of a unix socket, or a port on 127.0.0.1."""
    name: str | tuple[str, int] = listening.sockets[0].getsockname()
    return name if isinstance(name, str) else name[1]


def _begin_turn(turn: int | None) -> None:
    CURRENT_TURN.set(turn)


async def _let_background_tasks_end() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=_BACKGROUND_SECONDS)


def main() -> int:
    """A spawned worker, from its first message to its exit code."""
    code = run(Channel.over_stdio())
    flush_standard_streams()
    return code
