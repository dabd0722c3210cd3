"""From a change to a generation that may become current: a warm worker, a load, a probe."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from poecli.dev_events import Advice, Listener, LogLine, Notice
from poecli.devserver.generations.environment import EnvironmentState
from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.worker_source import WorkerSource
from poecli.hosting.process.channel import OF_POE, Message

_CHANNEL_SECONDS = 1.0
_HAS_UNIX_SOCKETS = hasattr(socket, "AF_UNIX") and sys.platform != "win32"


class GenerationLoader:
    """Makes generations of one target.

    ``surroundings`` and ``order`` give the fixed parts of what the worker is told of the same
    names (hosting.process.worker), ``dotenv`` the project's .env as it stands, ``url`` where the
    bots are reached; ``on_message`` takes what workers say while they serve, ``on_wrote`` each
    file that they write.
    """

    def __init__(
        self,
        source: WorkerSource,
        surroundings: Mapping[str, Any],
        order: Mapping[str, Any],
        dotenv: Callable[[], Mapping[str, str]],
        *,
        url: str,
        report: Listener,
        on_message: Callable[[Generation, Message], None],
        on_wrote: Callable[[str], None],
    ) -> None:
        self._source = source
        self._surroundings = surroundings
        self._order = order
        self._dotenv = dotenv
        self._url = url
        self._report = report
        self._on_message = on_message
        self._on_wrote = on_wrote
        self._folder = Path(tempfile.mkdtemp(prefix="poe-")) if _HAS_UNIX_SOCKETS else None
        self._sockets = itertools.count(1)
        self._state = EnvironmentState.now(dotenv())
        self._preloaded: dict[str, None] = {}
        self._own_files: set[str] = set()
        self._told: frozenset[str] = frozenset()
        self._renewing: asyncio.Task[None] | None = None

    async def load(self, files: tuple[str, ...]) -> Generation:
        """A generation of the code as it is now. Raises PoeCliError; ends its worker then, and
        when it is cancelled.
        """
        dotenv = self._dotenv()
        await self._renew_when_stale(dotenv)
        worker = await self._source.take({**self._surroundings, "env": dict(dotenv)})
        early = _Early(self._report)
        worker.on_message = early.take
        worker.on_wrote = self._on_wrote  # a load writes too
        try:
            loaded = await worker.load(
                {
                    **self._order,
                    "listen": self._listen(),
                    "check": [file for file in files if file in self._own_files],
                }
            )
            generation = Generation(worker, loaded)
        except BaseException:
            await asyncio.shield(worker.end_now())
            raise
        on_message = partial(self._on_message, generation)
        early.hand_on(on_message)
        try:
            await generation.probe(self._url, early.tracebacks)
        except BaseException:
            await asyncio.shield(generation.end(hurry=True))
            raise
        worker.on_message = on_message
        self._say_failures(generation)
        for note in loaded.notes:
            if note not in self._told:
                self._report(Notice(note, warning=True))
        # What went away and comes back is news again.
        self._told = frozenset(loaded.notes)
        return generation

    def learn(self, generation: Generation) -> None:
        """Have the next workers import ahead what this generation had to import itself."""
        self._own_files = set(generation.loaded.files)
        new = dict.fromkeys(generation.loaded.third_party)
        if new.keys() - self._preloaded.keys():
            self._preloaded.update(new)
            self._renewing = asyncio.create_task(self._source.renew(tuple(self._preloaded)))

    async def close(self) -> None:
        """End what waits, remove the sockets' folder."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        await self._source.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _renew_when_stale(self, dotenv: Mapping[str, str]) -> None:
        state = EnvironmentState.now(dotenv)
        if state != self._state:
            self._state = state
            await self._source.renew(tuple(self._preloaded))

    def _listen(self) -> str | None:
        return None if self._folder is None else str(self._folder / f"{next(self._sockets)}.sock")

    def _say_failures(self, generation: Generation) -> None:
        for bot in generation.bots:
            if bot.failure is not None:
                why = "Queries to it are answered all the same."
                self._report(Advice(bot.failure.message, why, bot.failure.hint))


class _Early:
    """What a worker says until it has told its settings; kept until its generation can be named.

    Why a load takes so long is no use later: that is reported at once.
    """

    def __init__(self, report: Listener) -> None:
        self._report = report
        self._messages: list[Message] = []
        self._on_message: Callable[[Message], None] | None = None
        self._tracebacks: list[str] = []
        self._raised = asyncio.Event()

    def take(self, message: Message) -> None:
        """Keep it, or hand it on."""
        if message["type"] == "traceback":
            self._tracebacks.append(message["traceback"])
            self._raised.set()
        if self._on_message is not None:
            self._on_message(message)
        elif message["type"] == "log" and message["stream"] == OF_POE:
            self._report(LogLine(message["text"], OF_POE, None))
        else:
            self._messages.append(message)

    def hand_on(self, on_message: Callable[[Message], None]) -> None:
        """Hand on what was kept, and from now on what comes."""
        self._on_message = on_message
        for message in self._messages:
            on_message(message)

    async def tracebacks(self) -> str:
        """What was raised. An answer may come before what the channel says of it."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._raised.wait(), _CHANNEL_SECONDS)
        return "\n\n".join(self._tracebacks)
