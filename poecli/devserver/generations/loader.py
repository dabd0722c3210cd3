"""From a change to a generation that may become current: a warm worker, a load, a probe."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from poecli.config.python.interpreter import Interpreter
from poecli.dev_events import Advice, Listener, LogLine, Notice
from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.worker_source import WorkerSource
from poecli.devserver.generations.workers import Modules, Remark
from poecli.errors import PoeCliError
from poecli.hosting.process.messages import OF_POE, ErrorReport, Load, OutputLine, Prepare
from poecli.waiting import cancel_and_wait, within

_CHANNEL_SECONDS = 1.0
_HAS_UNIX_SOCKETS = hasattr(socket, "AF_UNIX") and sys.platform != "win32"
# With `/1000000.sock` below it: an address has 104 bytes on macOS, 108 on Linux (unix(7)).
_MOST_FOLDER_BYTES = 90


class GenerationLoader:
    """Makes generations of one target.

    ``context`` and ``order`` are the fixed parts of what a worker is to do, ``dotenv`` gives the
    project's .env as it stands, ``url`` is where the bots are reached; ``on_remark`` takes what
    workers say while they serve, ``on_wrote`` each file that they write.
    """

    def __init__(
        self,
        source: WorkerSource,
        context: Prepare,
        order: Load,
        dotenv: Callable[[], Mapping[str, str]],
        *,
        url: str,
        interpreter: Interpreter,
        report: Listener,
        on_remark: Callable[[Generation, Remark], None],
        on_wrote: Callable[[str], None],
    ) -> None:
        self._source = source
        self._context = context
        self._order = order
        self._dotenv = dotenv
        self._url = url
        self._report = report
        self._on_remark = on_remark
        self._on_wrote = on_wrote
        self._folder = _folder_for_sockets()
        self._sockets = itertools.count(1)
        self._interpreter = interpreter
        self._environment = _environment(interpreter, dotenv())
        self._preloaded: dict[str, None] = {}
        self._own_files: set[str] = set()
        self._known_notes: frozenset[str] = frozenset()
        self._renewing: set[asyncio.Task[None]] = set()

    async def load(self, files: tuple[str, ...]) -> Generation:
        """A generation of the code as it is now. Raises PoeCliError; ends its worker then, and
        when it is cancelled.
        """
        dotenv = self._dotenv()
        await self._renew_when_stale(dotenv)
        worker = await self._source.take(replace(self._context, env=tuple(dotenv.items())))
        early = _EarlyRemarks(self._report)
        worker.on_remark = early.take
        worker.on_wrote = self._on_wrote  # a load writes too
        try:
            loaded = await worker.load(
                replace(
                    self._order,
                    listen=self._listen(),
                    check=tuple(file for file in files if file in self._own_files),
                )
            )
            generation = Generation(worker, loaded)
        except BaseException:
            await asyncio.shield(worker.end_now())
            raise
        on_remark = partial(self._on_remark, generation)
        early.hand_on(on_remark)
        try:
            await generation.probe(self._url, early.tracebacks)
        except BaseException:
            await asyncio.shield(generation.end(hurry=True))
            raise
        worker.on_remark = on_remark
        self._say_failures(generation)
        for note in loaded.notes:
            if note not in self._known_notes:
                self._report(Notice(note, warning=True))
        # What went away and comes back is news again.
        self._known_notes = frozenset(loaded.notes)
        return generation

    def learn(self, generation: Generation) -> None:
        """Have the next workers import ahead what this generation had to import itself."""
        self._own_files = set(generation.loaded.files)
        new = dict.fromkeys(generation.loaded.third_party)
        if new.keys() - self._preloaded.keys():
            self._preloaded.update(new)
            renewing = asyncio.create_task(self._renew_ahead(tuple(self._preloaded)))
            self._renewing.add(renewing)
            renewing.add_done_callback(self._renewing.discard)

    async def close(self) -> None:
        """End what waits, remove the sockets' folder."""
        try:
            await cancel_and_wait(*self._renewing)
            await self._source.close()
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    async def _renew_ahead(self, modules: Modules) -> None:
        with contextlib.suppress(PoeCliError):  # what is there goes on, or the next load says it
            await self._source.renew(modules)

    async def _renew_when_stale(self, dotenv: Mapping[str, str]) -> None:
        environment = _environment(self._interpreter, dotenv)
        if environment != self._environment:
            await self._source.renew(tuple(self._preloaded))
            self._environment = environment  # not of a renewal that was given up

    def _listen(self) -> str | None:
        return None if self._folder is None else str(self._folder / f"{next(self._sockets)}.sock")

    def _say_failures(self, generation: Generation) -> None:
        for bot in generation.bots:
            if bot.failure is not None:
                why = "Queries to it are still answered."
                self._report(Advice(bot.failure.message, why, bot.failure.hint))


def _folder_for_sockets() -> Path | None:
    """None where workers listen on loopback: no Unix sockets, or a TMPDIR too long for them."""
    if not _HAS_UNIX_SOCKETS:
        return None
    folder = Path(tempfile.mkdtemp(prefix="poe-"))
    if len(os.fsencode(folder)) <= _MOST_FOLDER_BYTES:
        return folder
    folder.rmdir()
    return None


def _environment(interpreter: Interpreter, dotenv: Mapping[str, str]) -> object:
    """What warm workers depend on besides the author's files, to be compared.

    pip changes the folder of packages; a new interpreter its own file.
    """
    program, prefix = interpreter.executable, interpreter.prefix
    paths = (*interpreter.packages, program, prefix / "pyvenv.cfg")
    return {path: _changed_at(path) for path in paths}, dict(dotenv)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


class _EarlyRemarks:
    """What a worker says until its settings are known; kept until its generation can be named.

    Why a load takes so long is no use later: that is reported at once.
    """

    def __init__(self, report: Listener) -> None:
        self._report = report
        self._remarks: list[Remark] = []
        self._on_remark: Callable[[Remark], None] | None = None
        self._tracebacks: list[str] = []
        self._raised = asyncio.Event()

    def take(self, remark: Remark) -> None:
        """Keep it, or hand it on."""
        if isinstance(remark, ErrorReport):
            self._tracebacks.append(remark.traceback)
            self._raised.set()
        if self._on_remark is not None:
            self._on_remark(remark)
        elif isinstance(remark, OutputLine) and remark.stream == OF_POE:
            self._report(LogLine(remark.text, OF_POE, None))
        else:
            self._remarks.append(remark)

    def hand_on(self, on_remark: Callable[[Remark], None]) -> None:
        """Hand on what was kept, and from now on what comes."""
        self._on_remark = on_remark
        for remark in self._remarks:
            on_remark(remark)

    async def tracebacks(self) -> str:
        """What was raised. An answer may come before what the channel says of it."""
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self._raised.wait(), _CHANNEL_SECONDS)
        return "\n\n".join(self._tracebacks)
