"""The dev server: one bot, served and reloaded, with everything that happens told to a callback.

    async with DevServer(options, report=print) as server:
        await server.wait_ready()
        print(server.url, server.bots)

It writes nothing to a terminal and reads nothing from one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from poecli.config.credentials import Secret
from poecli.config.faults import Fault
from poecli.config.project import DEFAULT_HOST, DEFAULT_PORT
from poecli.config.python.interpreter import Interpreter, own_interpreter
from poecli.config.settings import read_dotenv
from poecli.config.target import Target
from poecli.dev_events import (
    BotRaised,
    DevEvent,
    Listener,
    LogLine,
    Notice,
    Ready,
    Reloaded,
    ServedBot,
    Stalled,
)
from poecli.devserver.control import PREFIX, own_routes
from poecli.devserver.debug_relay import DebugRelay
from poecli.devserver.delivery import Rehearsal
from poecli.devserver.front import listen, serving, url_of
from poecli.devserver.gateway import Gateway
from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.loader import GenerationLoader
from poecli.devserver.generations.reloader import Generations
from poecli.devserver.generations.worker_source import WorkerSource, make_source
from poecli.devserver.generations.workers import Remark
from poecli.devserver.guard import Guard
from poecli.devserver.saves.own_writes import Saves
from poecli.devserver.saves.watcher import FileWatcher, Watcher
from poecli.devserver.trace import Recorder, Trace
from poecli.devserver.tunnel_door import TunnelDoor
from poecli.hosting.process.messages import ErrorReport, Load, OutputLine, Prepare, Stall
from poecli.waiting import cancel_and_wait


@dataclass(frozen=True)
class DevOptions:
    """What to serve, and how. ``port`` 0 is any free one.

    ``reload_with`` is auto, fork, standby or fresh. ``allow_hosts`` are hosts of Poe's the bot may
    call although nothing else leaves the machine. ``access_key`` is for bots that bring none of
    their own, or for all with ``access_key_is_flag``. ``examine_all`` leaves no turn out of the
    trace, however many there are. The bot runs on ``interpreter``, and gets its messages as
    ``rehearsal`` has it.
    """

    target: Target
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    reload: bool = True
    reload_with: str = "auto"
    access_key: Secret | None = None
    access_key_is_flag: bool = False
    debug: bool = False
    allow_hosts: tuple[str, ...] = ()
    examine_all: bool = False
    interpreter: Interpreter = field(default_factory=own_interpreter)
    rehearsal: Rehearsal = field(default_factory=Rehearsal)


class DevServer:
    """Serves one target. Use as an async context manager.

    ``report`` is called with each `DevEvent` on the event loop and must not block.
    ``record`` is given the answer to each query before its last bytes go out.
    ``platform_routes`` are served below `control.PREFIX`, guarded against foreign hosts and pages.
    ``watcher`` replaces the watching of files. While ``is_awaited`` each save is asked at once.
    """

    def __init__(
        self,
        options: DevOptions,
        *,
        report: Listener = lambda _report: None,
        record: Recorder | None = None,
        platform_routes: Sequence[web.RouteDef] = (),
        watcher: Watcher | None = None,
        is_awaited: Callable[[], bool] = lambda: False,
    ) -> None:
        self.options = options
        self.url = ""
        self._report_to = report
        self._record = record
        self._platform_routes = platform_routes
        self._watcher = watcher
        self._is_awaited = is_awaited
        self._debugger = DebugRelay(self._debug_port)
        self._stack = contextlib.AsyncExitStack()
        self._first: asyncio.Task[Generation] | None = None
        self._serving: Generations | None = None
        self._ready = False

    @property
    def bots(self) -> tuple[ServedBot, ...]:
        """The bots of the current generation; empty while there is none."""
        current = self._current
        return current.bots if current else ()

    async def __aenter__(self) -> DevServer:  # noqa: PYI034 - typing.Self came with Python 3.11
        """Bind the port and begin to load. Raises UsageError when the port is taken."""
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up, end every worker."""
        await self._stack.aclose()

    @property
    def base_url(self) -> str:
        """What POE_BASE_URL must be to ask the local Poe."""
        return self.url + PREFIX

    @property
    def files(self) -> tuple[Path, ...]:
        """The author's own modules of the current generation."""
        current = self._current
        return tuple(map(Path, current.loaded.files)) if current else ()

    @property
    def written_files(self) -> tuple[str, ...]:
        """The files below the target's folder that the bots have changed, relative to it."""
        return self._saves.written

    @property
    def _generations(self) -> Generations:
        if self._serving is None:
            raise RuntimeError("the server has not been entered: async with DevServer(…)")
        return self._serving

    @property
    def _current(self) -> Generation | None:
        return self._serving.current if self._serving else None

    async def wait_ready(self) -> tuple[ServedBot, ...]:
        """The bots, once the first load is done. Raises the loader's error (BotLoadError)."""
        if self._first is None:
            raise RuntimeError("the server has not been entered: async with DevServer(…)")
        return (await asyncio.shield(self._first)).bots

    def reload(self) -> None:
        """Load anew though no file has changed."""
        self._saves.forget()
        self._generations.change(())

    async def restart_bots(self) -> tuple[ServedBot, ...]:
        """Load anew and wait for it: what the bots kept in memory is gone."""
        self._generations.change(())
        await self._generations.settled()
        return self.bots

    def rehearse(self, faults: Sequence[Fault]) -> None:
        """From the next query on it is delivered with these faults, and no others."""
        self._gateway.rehearsal = replace(self._gateway.rehearsal, faults=tuple(faults))

    def wrote(self, file: Path) -> None:
        """Poe itself wrote this file just now: no save of the author's."""
        self._saves.poe_wrote(file)

    def end_old_generations(self) -> int:
        """End the generations that still finish answers; how many there were."""
        return self._generations.end_old()

    def kill(self) -> None:
        """End every worker at once; closing the server has nothing to wait for then."""
        if self._serving is not None:
            self._serving.kill()

    def tunnel_door(self, made_key: Secret | None) -> TunnelDoor:
        """The way in for a tunnel; ``made_key`` is for bots that have none of their own."""
        default = self.options.access_key or made_key
        return TunnelDoor(self._gateway, lambda: self.bots, lambda bot: bot.access_key or default)

    def note(self, event: DevEvent) -> None:
        """The local Poe saw this; it is told on, and counted for its turn."""
        self._trace.note(event)

    def turn_id(self, turn: int) -> str:
        """The id of the turn with this number."""
        return self._trace.id_of(turn)

    # --- building it ---

    async def _start(self) -> None:
        options = self.options
        listening = listen(options.host, options.port, options.access_key)
        self._stack.callback(listening.close)
        self.url = url_of(options.host, listening)
        self._saves = Saves(
            options.target.root,
            lambda text: self._report(Notice(text)),
            lambda: self._generations.idle_seconds,
        )
        for note in options.interpreter.notes:
            self._warn(note)
        source = make_source(
            options.reload_with,
            lambda text: self._report(Notice(text)),
            options.interpreter,
        )
        self._loader = self._new_loader(source)
        self._stack.push_async_callback(self._loader.close)
        self._serving = Generations(
            self._loader.load,
            self._report,
            speculate=source.cheap,
            is_awaited=self._is_awaited,
        )
        self._stack.push_async_callback(self._generations.close)
        self._trace = Trace(self._report, self._record, examine_all=options.examine_all)
        self._stack.push_async_callback(self._trace.close)
        if options.debug:
            await self._debugger.start()
            self._stack.push_async_callback(self._debugger.close)
            self._report(Notice(f"a debugger can attach to 127.0.0.1:{self._debugger.port}"))
        self._first = asyncio.create_task(self._load_first())
        self._stack.push_async_callback(cancel_and_wait, self._first)
        guard = Guard({options.host, *options.allow_hosts})
        self._gateway = gateway = Gateway(self._generations, self._trace, guard, options.rehearsal)
        own = own_routes(self._status, self.reload, self._platform_routes)
        guarded = [guard.wrap(route, self._keys) for route in own]
        await self._stack.enter_async_context(serving(listening, guarded, gateway, self._report))
        if options.reload:
            self._watcher = self._watcher or FileWatcher(options.target.root, warn=self._warn)
            self._run(self._watch(self._watcher))

    def _new_loader(self, source: WorkerSource) -> GenerationLoader:
        options = self.options
        return GenerationLoader(
            source,
            Prepare(str(options.target.root), self.base_url, options.allow_hosts),
            self._order(),
            self._dotenv,
            url=self.url,
            interpreter=options.interpreter,
            report=self._report,
            on_remark=self._on_remark,
            on_wrote=self._saves.wrote,
        )

    def _keys(self) -> list[Secret | None]:
        return [self.options.access_key, *(bot.access_key for bot in self.bots)]

    def _order(self) -> Load:
        options = self.options
        attribute = f":{options.target.attribute}" if options.target.attribute else ""
        return Load(
            target=f"{options.target.file}{attribute}",
            access_key=options.access_key.reveal() if options.access_key else None,
            access_key_is_flag=options.access_key_is_flag,
            debug=options.debug,
        )

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._stack.push_async_callback(cancel_and_wait, asyncio.create_task(work))

    # --- what happens while it runs ---

    async def _load_first(self) -> Generation:
        generation = await self._generations.start()
        self._took_over(generation)
        return generation

    async def _watch(self, watcher: Watcher) -> None:
        async for files in watcher.batches():
            saved = self._saves.among(files, set(self.files))
            if saved:
                self._generations.change(tuple(map(str, saved)))

    def _report(self, event: DevEvent) -> None:
        if isinstance(event, Reloaded):
            root = self.options.target.root
            shown = tuple(_relative(file, root) for file in event.files)
            event = replace(event, files=shown)
            current = self._generations.current
            if event.ok and current is not None:
                self._took_over(current)
                if not self._ready:
                    return
        self._report_to(event)

    def _warn(self, text: str) -> None:
        self._report(Notice(text, warning=True))

    def _took_over(self, generation: Generation) -> None:
        """A generation has become current: the first one makes the server ready."""
        self._loader.learn(generation)
        self._debugger.hang_up()
        if isinstance(self._watcher, Watcher):
            self._watcher.also([Path(file) for file in generation.loaded.files])
        if not self._ready:
            self._ready = True
            self._report_to(
                Ready(
                    self.url,
                    generation.bots,
                    generation.number,
                    self.base_url,
                    str(self.options.interpreter),
                )
            )

    def _on_remark(self, generation: Generation, remark: Remark) -> None:
        match remark:
            case OutputLine(text, stream, turn):
                self._report(LogLine(text, stream, turn))
            case ErrorReport(turn, message, traceback, place, hint):
                self._report(BotRaised(turn, message, traceback, place, hint))
            case Stall(ms, file, line, function, cause):
                shown = _relative(file, self.options.target.root)
                self._report(Stalled(ms, shown, line, function, generation.running, cause))

    def _debug_port(self) -> int | None:
        current = self._current
        return current.loaded.debug_port if current else None

    def _dotenv(self) -> Mapping[str, str]:
        return read_dotenv(self.options.target.root)

    def _status(self) -> dict[str, Any]:
        current = self._current
        return {
            "url": self.url,
            "base_url": self.base_url,
            "generation": current.number if current else 0,
            "bots": [{"name": bot.name, "url": bot.url} for bot in self.bots],
            "pid": os.getpid(),
        }


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
