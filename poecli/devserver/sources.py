"""Where warm workers come from: one interface, three implementations.

ForkSource      Linux: forked from a process that has imported the SDK; some 10 ms
StandbySource   everywhere: one spawned process has imported the SDK and waits
FreshSource     everywhere: a new interpreter for each load; the plain way, and the slowest
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, Protocol

from poecli.devserver.workers import Worker, spawn, spawn_worker, whole_or_undone
from poecli.errors import BotLoadError, UsageError
from poecli.hosting.channel import MAX_LINE_BYTES

Modules = tuple[str, ...]
Notify = Callable[[str], None]
# A standby is made once the reload that used the last one is out of the way.
_STANDBY_DELAY_SECONDS = 0.1


class WorkerSource(Protocol):
    """Gives workers that have imported the SDK."""

    name: str
    cheap: bool  # a worker may be taken on a guess and thrown away

    async def take(self) -> Worker:
        """A warm worker. Raises BotLoadError when none can be made."""

    async def renew(self, modules: Modules) -> None:
        """Make the next workers anew, with these third-party modules imported ahead."""

    async def close(self) -> None:
        """End what waits."""


class FreshSource:
    """A new interpreter for each load."""

    name = "fresh"
    cheap = False

    async def take(self) -> Worker:
        """Spawned now."""
        return await whole_or_undone(spawn_worker(), Worker.end_now)

    async def renew(self, modules: Modules) -> None:
        """Nothing waits, so nothing is old."""

    async def close(self) -> None:
        """Nothing waits."""


class StandbySource:
    """One process that has imported everything waits; the next is begun in the background."""

    name = "standby"
    cheap = False

    def __init__(self) -> None:
        self._modules: Modules = ()
        self._next: asyncio.Task[Worker] | None = asyncio.create_task(self._make())

    async def take(self) -> Worker:
        """The one that waits, or the one being made."""
        making = self._next or asyncio.create_task(self._make())
        self._next = asyncio.create_task(self._make(_STANDBY_DELAY_SECONDS))
        return await making

    async def renew(self, modules: Modules) -> None:
        """Replace the one that waits."""
        self._modules = modules
        await self.close()
        self._next = asyncio.create_task(self._make(_STANDBY_DELAY_SECONDS))

    async def close(self) -> None:
        """End the one that waits."""
        waiting, self._next = self._next, None
        if waiting is None:
            return
        if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
            await waiting.result().stop()
            return
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, BotLoadError):
            await waiting

    async def _make(self, delay: float = 0) -> Worker:
        await asyncio.sleep(delay)
        worker = await whole_or_undone(spawn_worker(), Worker.end_now)
        try:
            await worker.warm(self._modules)
        except BaseException:
            await asyncio.shield(worker.end_now())
            raise
        return worker


class ForkSource:
    """Forks of a server process; a server whose modules start threads is made anew without them.

    ``notify`` is told in words when a package can't be preloaded.
    """

    name = "fork"
    cheap = True

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._refused: set[str] = set()
        self._retired: list[_Server] = []
        self._lock = asyncio.Lock()
        self._server: asyncio.Task[_Server] = asyncio.create_task(self._start(()))

    async def take(self) -> Worker:
        """A fork; of a new server when the last one has died."""
        # A load that is given up must not take the server with it.
        server = await asyncio.shield(self._server)
        try:
            return await whole_or_undone(server.fork(), Worker.end_now)
        except OSError:
            async with self._lock:
                if self._server.done() and self._server.result() is server:
                    await server.close()
                    self._server = asyncio.create_task(self._start(server.modules))
            server = await asyncio.shield(self._server)
            return await whole_or_undone(server.fork(), Worker.end_now)

    async def renew(self, modules: Modules) -> None:
        """Start the next server beside the old one; swap when it is warm."""
        async with self._lock:
            server = await self._start(modules)
            old, self._server = self._server, asyncio.create_task(_at_once(server))
            retired = await old
            retired.retire()
            self._retired.append(retired)

    async def close(self) -> None:
        """End the server."""
        for retired in self._retired:
            await retired.close()
        if not self._server.done():
            self._server.cancel()
        with contextlib.suppress(asyncio.CancelledError, BotLoadError):
            await (await self._server).close()

    async def _start(self, modules: Modules) -> _Server:
        while True:
            server = await whole_or_undone(_Server.start(modules, self._refused), _Server.close)
            try:
                package = await server.warmed()
            except BaseException:
                await asyncio.shield(server.close())
                raise
            if package is None:
                return server
            await server.close()
            if not package:
                raise BotLoadError(
                    "The fork server can't be used here.",
                    why="Importing the SDK started a thread, and a thread does not survive a fork.",
                    hint="poe dev --reload-with standby",
                )
            self._refused.add(package)
            self._notify(f"{package} starts threads when imported, so it is not preloaded")


async def _at_once(server: _Server) -> _Server:
    return server


class _Server:
    """One fork server process (hosting.forkserver)."""

    def __init__(
        self, process: asyncio.subprocess.Process, control: socket.socket, modules: Modules
    ) -> None:
        self.modules = modules
        self._process = process
        self._control = control
        self._warm: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._forks: dict[int, asyncio.Future[int]] = {}
        self._exits: dict[int, asyncio.Future[int | None]] = {}
        self._last_id = 0
        self._retired = False
        asyncio.get_running_loop().add_reader(control, self._receive)

    @classmethod
    async def start(cls, modules: Modules, refused: set[str]) -> _Server:
        """Spawn it and tell it what to import; `warmed` says when it has."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            ours.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            number = theirs.fileno()
            process = await spawn("forkserver", str(number), pass_fds=(number,))
        server = cls(process, ours, modules)
        server._send({"type": "preload", "modules": modules, "refused": sorted(refused)})
        return server

    async def warmed(self) -> str | None:
        """None when it is ready; else the package that started threads, "" for the SDK itself."""
        return await self._warm

    async def fork(self) -> Worker:
        """A new worker. Raises OSError when the server is gone."""
        self._last_id += 1
        number = self._last_id
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        forked = self._forks[number] = asyncio.get_running_loop().create_future()
        try:
            with theirs, os.fdopen(out_write, "wb"):
                fds = (theirs.fileno(), out_write)
                socket.send_fds(self._control, [_packet({"type": "fork", "id": number})], fds)
            pid = await forked
        except OSError:
            self._forks.pop(number, None)
            ours.close()
            os.close(out_read)
            raise
        incoming, outgoing = await asyncio.open_connection(sock=ours, limit=MAX_LINE_BYTES)
        return Worker(pid, incoming, outgoing, await _pipe_reader(out_read), self._exit_of(pid))

    def retire(self) -> None:
        """End it once its last fork is gone: only a parent hears how a process ended."""
        self._retired = True
        if not self._exits:
            self._forget()

    async def close(self) -> None:
        """End it; its forks live on."""
        self._forget()
        try:
            await asyncio.wait_for(self._process.communicate(), 2)
        except asyncio.TimeoutError:
            self._process.kill()
            await self._process.communicate()

    def _exit_of(self, pid: int) -> Callable[[], Any]:
        exited = self._exits.setdefault(pid, asyncio.get_running_loop().create_future())

        async def wait() -> int | None:
            return await exited

        return wait

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it is gone, which reading tells
            self._control.send(_packet(message))

    def _receive(self) -> None:
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget()
            return
        message = json.loads(data)
        if message["type"] == "forked":
            self._exits.setdefault(message["pid"], asyncio.get_running_loop().create_future())
            self._forks.pop(message["id"]).set_result(message["pid"])
        elif message["type"] == "exited":
            _settle(self._exits.pop(message["pid"], None), message["status"])
            if self._retired:
                self.retire()
        elif not self._warm.done():
            self._warm.set_result(message.get("package"))

    def _forget(self) -> None:
        """The connection is over: nobody will tell any more what became of the forks."""
        if self._control.fileno() == -1:
            return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        for forked in self._forks.values():
            if not forked.done():
                forked.set_exception(ConnectionResetError("the fork server is gone"))
        for exited in self._exits.values():
            _settle(exited, None)
        if not self._warm.done():
            self._warm.set_exception(
                BotLoadError(
                    "The process that makes workers ended at once.",
                    hint="poe dev --reload-with fresh shows why",
                )
            )


def _settle(future: asyncio.Future[int | None] | None, value: int | None) -> None:
    if future is not None and not future.done():
        future.set_result(value)


def _packet(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


async def _pipe_reader(fd: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", 0)
    )
    return reader


def make_source(kind: str, notify: Notify) -> WorkerSource:
    """The source by name; "auto" is the best one of this platform. Raises UsageError."""
    can_fork = sys.platform == "linux"
    if kind == "auto":
        kind = "fork" if can_fork else "standby"
    if kind == "fork" and not can_fork:
        raise UsageError(
            "--reload-with fork works on Linux only.",
            why="The system libraries of other platforms do not survive a fork.",
            hint="--reload-with standby",
        )
    if kind == "fork":
        return ForkSource(notify)
    return StandbySource() if kind == "standby" else FreshSource()
