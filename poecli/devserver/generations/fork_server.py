"""Workers forked of a server process (hosting.process.fork_server): Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable

assert sys.platform != "win32"  # noqa: S101 - the type checker reads no further there

from poecli.config.python.interpreter import Interpreter  # noqa: E402 - see above
from poecli.devserver.generations.workers import (  # noqa: E402 - see above
    Modules,
    Worker,
    whole_or_undone,
)
from poecli.errors import BotLoadError  # noqa: E402 - see above
from poecli.hosting.process.channel import MAX_LINE_BYTES  # noqa: E402 - see above
from poecli.hosting.process.messages import (  # noqa: E402 - see above
    Fork,
    ForkDone,
    ForkExit,
    Message,
    Preload,
    PreloadDone,
    UnknownMessage,
    decode,
    encode,
)
from poecli.hosting.process.spawning import spawn  # noqa: E402 - see above
from poecli.waiting import within  # noqa: E402 - see above

_Exited = asyncio.Future["int | None"]


class ForkServerHandle:
    """The parent's side of one server: its control socket and its forks."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._warm: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._forks: dict[int, asyncio.Future[tuple[int, _Exited]]] = {}
        self._exits: dict[int, _Exited] = {}
        self._last_id = 0
        self._retired = False
        asyncio.get_running_loop().add_reader(control, self._receive)

    @classmethod
    async def start(
        cls, interpreter: Interpreter, modules: Modules, refused: set[str]
    ) -> ForkServerHandle:
        """Spawn it and let it import these modules; `warmed` says when it has."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                ours.setblocking(False)  # noqa: FBT003 - the standard library's own signature
                fds = (theirs.fileno(),)
                process = await spawn(
                    interpreter, "fork_server", *map(str, fds), pass_fds=fds, stderr=PIPE
                )
        except BaseException:
            ours.close()
            raise
        server = cls(process, ours)
        server._send(Preload(modules, tuple(sorted(refused))))
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
                socket.send_fds(self._control, [encode(Fork(number))], fds)
            pid, exited = await forked
        except OSError:
            self._forks.pop(number, None)
            ours.close()
            os.close(out_read)
            raise
        incoming, outgoing = await asyncio.open_connection(sock=ours, limit=MAX_LINE_BYTES)
        output = await _pipe_reader(out_read)
        return Worker(pid, incoming, outgoing, output, lambda: exited)

    def retire(self) -> None:
        """End it once its last fork is gone: only a parent hears how a process ended."""
        self._retired = True
        if not self._exits:
            self._forget()

    async def close(self) -> None:
        """End it; its forks live on."""
        self._forget()
        try:
            await within(self._process.communicate(), 2)
        except asyncio.TimeoutError:
            self._process.kill()
            await self._process.communicate()

    def _send(self, message: Message) -> None:
        with contextlib.suppress(OSError):  # it is gone, which reading shows
            self._control.send(encode(message))

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
        try:
            message = decode(data)
        except UnknownMessage:
            self._forget()
            return
        match message:
            case ForkDone(id, pid):
                # It may exit before whoever asked for it is woken.
                exited = self._exits[pid] = asyncio.get_running_loop().create_future()
                self._forks.pop(id).set_result((pid, exited))
            case ForkExit(pid, status):
                _settle(self._exits.pop(pid, None), status)
                if self._retired:
                    self.retire()
            case PreloadDone(package) if not self._warm.done():
                self._warm.set_result(package)

    def _forget(self) -> None:
        """The connection is over: nobody knows any more what became of the forks."""
        if self._control.fileno() == -1:
            return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        for forked in self._forks.values():
            if not forked.done():
                forked.set_exception(ConnectionResetError("the fork server has exited"))
        for exited in self._exits.values():
            _settle(exited, None)
        if not self._warm.done():
            self._warm.set_exception(
                BotLoadError(
                    "The process that starts workers exited immediately.",
                    hint="poe dev --reload-with fresh shows why",
                )
            )


class ForkFactory:
    """Forks of a server process; a server whose modules start threads is made anew without them.

    ``notify`` is called with a sentence when a package can't be preloaded.
    """

    def __init__(self, notify: Callable[[str], None], interpreter: Interpreter) -> None:
        self._notify = notify
        self._interpreter = interpreter
        self._refused: set[str] = set()
        self._retired: list[ForkServerHandle] = []
        self._lock = asyncio.Lock()
        self._modules: Modules = ()
        self._begin()

    def _begin(self) -> None:
        self._server = asyncio.create_task(self._start(self._modules))

    async def make(self) -> Worker:
        """A new fork; of a new server when the last one has died, or never came to life."""
        if _failed(self._server):
            self._begin()
        # A load that is given up must not take the server with it.
        server = await asyncio.shield(self._server)
        try:
            return await whole_or_undone(server.fork(), Worker.end_now)
        except OSError:
            async with self._lock:
                if self._server.done() and self._server.result() is server:
                    await server.close()
                    self._begin()
            server = await asyncio.shield(self._server)
            return await whole_or_undone(server.fork(), Worker.end_now)

    async def renew(self, modules: Modules) -> None:
        """Start the next server beside the old one; swap when it is warm."""
        async with self._lock:
            server = await self._start(modules)
            self._modules = modules
            old, self._server = self._server, asyncio.create_task(_at_once(server))
            with contextlib.suppress(BotLoadError):  # that one never came to life
                retired = await old
                retired.retire()
                self._retired.append(retired)

    async def close(self) -> None:
        for retired in self._retired:
            await retired.close()
        self._server.cancel()
        await asyncio.wait({self._server})
        if not _failed(self._server):
            await self._server.result().close()

    async def _start(self, modules: Modules) -> ForkServerHandle:
        while True:
            starting = ForkServerHandle.start(self._interpreter, modules, self._refused)
            server = await whole_or_undone(starting, ForkServerHandle.close)
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


def _failed(task: asyncio.Task[ForkServerHandle]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _at_once(server: ForkServerHandle) -> ForkServerHandle:
    return server


def _settle(future: _Exited | None, value: int | None) -> None:
    if future is not None and not future.done():
        future.set_result(value)


async def _pipe_reader(fd: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", 0)
    )
    return reader
