"""The parent's handle on one worker process: its channel, its output, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from poecli.config.python.interpreter import Interpreter
from poecli.errors import BotLoadError, PoeCliError
from poecli.hosting.process.messages import (
    OF_POE,
    ErrorReport,
    Exit,
    FileWrite,
    Load,
    LoadDone,
    LoadFailure,
    Message,
    OutputLine,
    Preload,
    Prepare,
    Stall,
    UnknownMessage,
    WarmUp,
    decode,
    encode,
)
from poecli.hosting.process.spawning import ending, spawn
from poecli.waiting import exit_code, within

STOP_SECONDS = 5.0
_KEPT_LINES = 40  # of the last output, shown when the process dies
# For a process whose channel is closed: it ends by itself, or can't be reached any more, because
# the author's code closed what it had not opened (os.closerange).
_ALONE_SECONDS = 3.0
# What it has started may hold its output open, for as long as that lives.
_LAST_WORDS_SECONDS = 2.0

T = TypeVar("T")
Modules = tuple[str, ...]
# What it says while it serves, and lines of raw output.
Remark = OutputLine | ErrorReport | Stall


class Worker:
    """One process that has imported the SDK, from its start to its end.

    ``on_remark`` takes what it says while it serves; ``on_wrote`` each file that the bot is about
    to change (sandbox.file_writes). ``context`` is what it was prepared with, None before that.
    ``exit_status`` is set at the end: as `subprocess.Popen.returncode`, None when unknown.
    """

    def __init__(
        self,
        pid: int,
        incoming: asyncio.StreamReader,
        outgoing: asyncio.StreamWriter,
        output: asyncio.StreamReader,
        wait_exit: Callable[[], Awaitable[int | None]],
    ) -> None:
        self.pid = pid
        self.exit_status: int | None = None
        self.context: Prepare | None = None
        self.last_output: deque[str] = deque(maxlen=_KEPT_LINES)
        self.on_remark: Callable[[Remark], None] = lambda _remark: None
        self.on_wrote: Callable[[str], None] = lambda _path: None
        self.gone = asyncio.Event()
        self._outgoing = outgoing
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._tasks = (
            asyncio.create_task(self._read_messages(incoming)),
            asyncio.create_task(self._read_output(output)),
        )
        self._end = asyncio.create_task(self._await_end(wait_exit))

    async def preload(self, modules: Modules) -> None:
        """Let it import what the next bot will need. Raises BotLoadError when it dies."""
        self._send(Preload(modules))
        await self._answer()

    def warm_up(self) -> None:
        """Have one that is to wait use the time (process.warm_up); only before `prepare`."""
        self._send(WarmUp())

    def prepare(self, context: Prepare) -> None:
        """Have it do all that comes before a load, once."""
        self.context = context
        self._send(context)

    async def load(self, order: Load) -> LoadDone:
        """Let a prepared one load and serve a target.

        Raises the loader's own error, or BotLoadError when the process dies meanwhile.
        """
        self._send(order)
        answer = await self._answer()
        if isinstance(answer, LoadFailure):
            await self.stop()
            raise answer.error
        if not isinstance(answer, LoadDone):
            raise BotLoadError("The bot's process runs another version of poe.", why=repr(answer))
        return answer

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, wait, then end it by force; returns when it is gone. Cancelled it does
        not wait.
        """
        self._send(Exit())
        try:
            await within(self.gone.wait(), seconds)
        except asyncio.TimeoutError:
            await self.end_now()
        except asyncio.CancelledError:
            self.kill()
            raise

    async def end_now(self) -> None:
        """End it by force; returns when it is gone."""
        self.kill()
        await self.gone.wait()

    def kill(self) -> None:
        """End it now, with whatever it started itself."""
        if self.gone.is_set():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                os.kill(self.pid, signal.SIGTERM)  # which there ends it at once
            else:
                os.kill(self.pid, signal.SIGKILL)
        self._end_group()

    def _end_group(self) -> None:
        # What the bot itself started (a browser, a converter) is in the worker's process group.
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def describe_end(self) -> str:
        """How it ended, in words."""
        return "it was ended" if self.exit_status is None else ending(self.exit_status)

    def _send(self, message: Message) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # it is gone, which `gone` shows
            self._outgoing.write(encode(message))

    async def _answer(self) -> Message:
        getting = asyncio.ensure_future(self._answers.get())
        ending = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait({getting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                return getting.result()
        finally:
            getting.cancel()
            ending.cancel()
        raise BotLoadError(
            "The bot's process died while it was loading.",
            why=self.describe_end(),
            detail="\n".join(self.last_output),
            id="worker-died",
        )

    async def _read_messages(self, incoming: asyncio.StreamReader) -> None:
        while line := await _line(incoming):
            try:
                message = decode(line)
            except UnknownMessage as error:
                self._heard(OutputLine(str(error), OF_POE))
                self.kill()
                return
            match message:
                case FileWrite(path):
                    self.on_wrote(path)
                case OutputLine():
                    self._heard(message)
                case ErrorReport() | Stall():
                    self.on_remark(message)
                case _:
                    self._answers.put_nowait(message)

    async def _read_output(self, output: asyncio.StreamReader) -> None:
        while line := await _line(output):
            text = line.decode(errors="replace").rstrip("\r\n")
            self._heard(OutputLine(text, "stderr"))

    def _heard(self, line: OutputLine) -> None:
        self.last_output.append(line.text)
        self.on_remark(line)

    async def _await_end(self, wait_exit: Callable[[], Awaitable[int | None]]) -> None:
        messages, output = self._tasks
        await asyncio.wait({messages})  # also when a listener of its fails: whoever waits goes on
        exited = asyncio.ensure_future(wait_exit())
        await asyncio.wait({exited}, timeout=_ALONE_SECONDS)
        if not exited.done():
            self.kill()
        self.exit_status = await exited
        self._end_group()
        # Everything it said comes first: a death is reported with its last words.
        await asyncio.wait({output}, timeout=_LAST_WORDS_SECONDS)
        self._outgoing.close()
        self.gone.set()


async def _line(stream: asyncio.StreamReader) -> bytes:
    """One line; what comes before the end of the stream counts as one; empty at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(error.consumed)
    except OSError:
        return b""


async def whole_or_undone(
    making: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]]
) -> T:
    """Make something that must not be left half made: cancelled, it is finished and undone."""
    task = asyncio.create_task(making)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError, PoeCliError):
            await undo(await task)
        raise


async def spawn_worker(interpreter: Interpreter) -> Worker:
    """A fresh worker: its channel is its stdin and stdout, its output comes by stderr."""
    process = await spawn(interpreter, "worker", stderr=PIPE)
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise AssertionError("asked for pipes")
    exited = partial(exit_code, process)
    return Worker(process.pid, process.stdout, process.stdin, process.stderr, exited)
