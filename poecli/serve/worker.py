"""The parent's handle on one worker of `poe serve`, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from socket import socket

from poecli.errors import BotLoadError, PoeCliError
from poecli.hosting.process.messages import (
    Drain,
    Draining,
    Exit,
    LoadFailure,
    Message,
    Serving,
    UnknownMessage,
    decode,
    encode,
)
from poecli.hosting.process.spawning import ending, spawn
from poecli.serve.options import ServeOptions
from poecli.waiting import within

_KILL_SECONDS = 5.0  # between being told to end now and being ended


class ServeWorker:
    """One process. ``waits_for`` is how many answers it said it waits for, None before that."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self.waits_for: int | None = None
        self.gone = asyncio.Event()
        self.drains = asyncio.Event()
        self._process = process
        self._ready: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, options: ServeOptions, listening: socket, log: int) -> ServeWorker:
        """A process that loads the bot and serves on the socket; see `ready`.

        Raises BotLoadError where the system starts none.
        """
        fds = (listening.fileno(), log)
        process = await spawn(
            options.interpreter, "production", *map(str, fds), pass_fds=fds, stderr=None
        )
        worker = cls(process)
        worker.send(options.order_with(_shared(listening, process.pid)))
        return worker

    async def ready(self) -> Serving:
        """What it serves, once it does. Raises what keeps the bot from being loaded."""
        return await asyncio.shield(self._ready)

    def send(self, message: Message) -> None:
        """Tell it something; silence when it is gone."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._process.stdin.write(encode(message))

    async def drain(self, accept_seconds: float, seconds: float) -> None:
        """Have it end with its last answer, by force after so many seconds; returns when gone."""
        self.send(Drain(accept_seconds))
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self.gone.wait(), seconds)
        await self.end_now()

    async def end_now(self) -> None:
        """Have it end whatever it does, at once while it only loads; returns when it is gone."""
        self.send(Exit())
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self.gone.wait(), _KILL_SECONDS if self._ready.done() else 0)
        if not self.gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self.gone.wait()

    def describe_end(self) -> str:
        """How it ended, in words; why, where its bot did not load."""
        failure = self._ready.exception() if self._ready.done() else None
        if isinstance(failure, PoeCliError):
            return f"{failure.message} {failure.why}".strip()
        return ending(self._process.returncode or 0)

    async def _read(self) -> None:
        if self._process.stdout is None:
            raise AssertionError("asked for a pipe")
        async for line in self._process.stdout:
            try:
                self._take(decode(line))
            except UnknownMessage:
                break
        await self._process.wait()
        self.gone.set()
        self.drains.set()
        if not self._ready.done():
            self._ready.set_exception(
                BotLoadError(
                    "The bot's process ended before it could serve.",
                    why=self.describe_end(),
                    hint="Its last words are above.",
                    id="worker-died",
                )
            )
        self._ready.exception()  # nobody may have asked

    def _take(self, message: Message) -> None:
        if isinstance(message, Serving):
            self._ready.set_result(message)
        elif isinstance(message, LoadFailure):
            self._ready.set_exception(message.error)
        elif isinstance(message, Draining):
            self.waits_for = message.running
            self.drains.set()


def _shared(listening: socket, pid: int) -> str:
    """The socket as Windows hands it over; elsewhere the process has inherited it."""
    if sys.platform == "win32":
        return listening.share(pid).hex()
    return ""
