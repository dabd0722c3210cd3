"""The worker process: wait, load the author's bot, serve it, end on demand or when alone.

    main()           spawned (hosting.process.entry): fresh, or as a warm standby
    run(channel)     called in a child of the fork server

Importing this module imports fastapi_poe: that is what makes a worker warm.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.config.python.interpreter import install_line
from poecli.config.target import Target
from poecli.errors import BotLoadError, PoeCliError, UsageError
from poecli.hosting.author.errors import AuthorError
from poecli.hosting.finding import discovery
from poecli.hosting.process.channel import Channel, flush_standard_streams
from poecli.hosting.process.entry import collect_again
from poecli.hosting.process.imports import compile_author_files_anew, import_ahead
from poecli.hosting.process.messages import (
    OF_POE,
    ErrorReport,
    Exit,
    FileWrite,
    Load,
    LoadDone,
    LoadedBot,
    LoadFailure,
    Message,
    OutputLine,
    Preload,
    PreloadDone,
    Prepare,
    Stall,
    WarmUp,
)
from poecli.hosting.process.output import CURRENT_TURN, capture
from poecli.hosting.process.warm_up import warm_up
from poecli.hosting.process.watchdog import Location, Watchdog, watched_load
from poecli.hosting.sandbox import containment
from poecli.hosting.sandbox.file_writes import report_writes
from poecli.hosting.sandbox.modal import classes
from poecli.hosting.sandbox.server_starts import NO_KEY
from poecli.hosting.serving.bot_server import BotServer
from poecli.http1.server import HttpServer
from poecli.suggestions import shown_path

# What a bot began with asyncio.create_task may end after its answer, as on a deployed server.
_BACKGROUND_SECONDS = 2
_CLOSED_CHANNEL = b"The bot's file closed what it had not opened: with os.closerange, perhaps.\n"


def run(channel: Channel) -> int:
    """Serve one parent: warm up, prepare, load one target, serve it. The process's exit code."""
    capture(channel)
    for message in channel.messages():
        match message:
            case Preload(modules):
                import_ahead(modules)
                collect_again()
                channel.send(PreloadDone())
            case WarmUp():
                with contextlib.suppress(Exception):  # what fails here fails at the load, in words
                    warm_up()
            case Prepare():
                try:
                    prepare(message)
                except PoeCliError as error:  # of the user's environment, such as a proxy
                    channel.send(LoadFailure.of(error))
                    return error.exit_code
                collect_again()
            case Load():
                return _Worker(channel, message).run()
            case _:
                break
    return 0


def prepare(context: Prepare) -> None:
    """Do for a load what can be done before the author's files are looked at."""
    os.chdir(context.cwd)
    compile_author_files_anew()
    for name, value in context.env:
        os.environ.setdefault(name, value)
    if context.base_url is not None:
        # For a bot that asks Poe with another package: the real one is out of reach here.
        os.environ["POE_BASE_URL"] = context.base_url
    containment.install(containment.Options(context.base_url, context.allow_hosts))


class _Worker:
    def __init__(self, channel: Channel, order: Load) -> None:
        self._channel = channel
        self._order = order
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exit_wanted = asyncio.Event()

    def run(self) -> int:
        self._channel.watch(self._take, self._parent_gone)
        try:
            target = Target.parse(self._order.target, Path.cwd())
            for file in self._order.check:
                _compile(Path(file))
            debug_port = _listen_for_debugger() if self._order.debug else None
            report_writes(str(Path.cwd()), lambda path: self._channel.send(FileWrite(path)))
            with watched_load(target.root, self._report_slow_load):
                loaded = discovery.load(target, imported_before=frozenset(sys.modules))
            if not self._channel.is_open():
                os.write(2, _CLOSED_CHANNEL)
                return 1
            asyncio.run(self._serve(loaded, debug_port))
        except PoeCliError as error:
            self._channel.send(LoadFailure.of(error))
            return error.exit_code
        return 0

    # --- the control thread ---

    def _take(self, message: Message) -> None:
        if not isinstance(message, Exit):
            return
        if self._loop is None:
            # Still loading: the author's module body may never come to an end.
            self._leave()
        else:
            self._loop.call_soon_threadsafe(self._exit_wanted.set)

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

    async def _serve(self, loaded: discovery.Loaded, debug_port: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        loaded = _with_keys(loaded, self._order)
        server = BotServer(
            loaded,
            on_turn=_begin_turn,
            on_error=self._report_error,
            on_wait=self._report_wait,
            leave=self._end_with,
        )
        watchdog = Watchdog(loaded.target.root, self._report_stall)
        async with server.serving() as http_server:
            try:
                listening = await self._listen(http_server)
                done = _load_done(loaded, _address(listening), debug_port)
                self._channel.send(done)
                watchdog.start(self._loop)
                await self._exit_wanted.wait()
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
        self._channel.send(
            ErrorReport(CURRENT_TURN.get(), error.message, error.traceback, error.place, error.hint)
        )

    def _report_wait(self, text: str) -> None:
        self._channel.send(OutputLine(text, OF_POE, CURRENT_TURN.get()))

    def _report_slow_load(self, place: Location | None, seconds: float) -> None:
        where = "a library"
        if place is not None:
            where = f"{shown_path(place.file)}:{place.line} ({place.function})"
        self._report_wait(f"still loading after {seconds:.0f} s, at {where}")

    def _end_with(self, code: int) -> None:
        """End the process as the author's code asked to."""
        flush_standard_streams()
        os._exit(code)

    def _report_stall(self, place: Location | None, seconds: float) -> None:
        ms = round(seconds * 1000)
        self._channel.send(Stall(ms, **vars(place)) if place else Stall(ms))


def _with_keys(loaded: discovery.Loaded, order: Load) -> discovery.Loaded:
    """Give each bot its key as deployed: one of its own beats the environment's, a flag both."""
    if order.access_key is None:
        return loaded
    notes = [note for note in loaded.notes if note != NO_KEY]
    for name, bot in zip(loaded.names(), loaded.bots, strict=True):
        if order.access_key_is_flag or not bot.access_key:
            bot.access_key = order.access_key
        elif bot.access_key != order.access_key:
            notes.append(
                f"{name} uses its own access key, as it will when deployed; "
                f"the different key in {DEFAULT_ACCESS_KEY_VARIABLE} is rejected."
            )
    return replace(loaded, notes=tuple(notes))


def _load_done(loaded: discovery.Loaded, address: str | int, debug_port: int | None) -> LoadDone:
    bots = tuple(
        LoadedBot(name, path, bot.access_key)
        for name, path, bot in zip(loaded.names(), loaded.paths, loaded.bots, strict=True)
    )
    files = tuple(map(str, loaded.files))
    third_party, notes = tuple(loaded.third_party), tuple(loaded.notes)
    return LoadDone(address, bots, third_party, files, notes, debug_port)


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


def _listen_for_debugger() -> int:
    """Let a debugger attach; the port on 127.0.0.1. Raises UsageError without debugpy."""
    try:
        debugpy = importlib.import_module("debugpy")
    except ImportError as error:
        raise UsageError(
            "--debug needs debugpy, which is not installed.",
            hint=install_line("debugpy"),
        ) from error
    _, port = debugpy.listen(("127.0.0.1", 0))
    return int(port)


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
