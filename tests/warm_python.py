"""`python -m MODULE` without its start: a fork of an interpreter that has imported it before.

    subprocess.run([*python("-m", "poecli"), "dev"])

Importing is nine tenths of the time of a `poe` that a test starts, and of the process for bots that
poe starts then (`warm_start/sitecustomize.py`). The fork is a process of its own with the streams,
folder, environment, terminal and signals it would have, and is found below the process that stands
for it (`tests/processes.py`); what a test says of the start itself, it says of a cold one. Linux
only: elsewhere, and for environments that steer the interpreter, the start is the real one.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import functools
import gc
import importlib
import io
import os
import pkgutil
import runpy
import select
import selectors
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

if sys.platform == "linux":
    import fcntl
    import termios

PROGRAM = Path(__file__).with_name("warm_program.py")
START = Path(__file__).with_name("warm_start")
# Read by warm_start/sitecustomize.py: the socket, and the environment (sys.prefix) that is served.
SOCKET = "WARM_PYTHON_SOCKET"
PREFIX = "WARM_PYTHON_PREFIX"
# What an interpreter reads only once, when it starts.
_STEERING = ("PYTHON", "LC_", "LANG")
_PATH = "PYTHONPATH"  # which can be followed later
_COVERAGE = "COVERAGE_PROCESS_CONFIG"  # a Python that has it measures from its start
# The same by another name: who only asks for a fork would measure nothing, at five times its cost.
MEASURED = "WARM_PYTHON_COVERAGE"
_LIMIT_BYTES = 1 << 20
_LIMIT_FDS = 32
STDERR = 2
NAME = "for-"  # of a fork, before the number of the process that stands for it
_EXIT = os._exit  # coverage replaces it, and would save a second time what is saved at the exit


def python(*arguments: str, warm: bool = True) -> list[str]:
    """The beginning of a command line that runs `-m MODULE`, warm where that can be."""
    if sys.platform == "linux" and warm:
        return [sys.executable, "-I", "-S", str(PROGRAM), _address(), *arguments]
    return [sys.executable, *arguments]


def programs(folder: Path, **modules: str) -> str:
    """A PATH of programs that run the module of their name: programs(folder, poe="poecli")."""
    folder.mkdir(exist_ok=True)
    for name, module in modules.items():
        line = f'#!/bin/sh\nexec {shlex.join(python("-m", module))} "$@"\n'
        (folder / name).write_text(line, encoding="utf-8")
        (folder / name).chmod(0o755)
    return os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ["PATH"]))


def start() -> None:
    """Start the server, for this process and those below it: xdist's workers share one."""
    if sys.platform == "linux" and SOCKET not in os.environ:
        os.environ[_PATH] = os.pathsep.join(filter(None, (str(START), os.environ.get(_PATH))))
        os.environ |= {SOCKET: _socket(_server()[1]), PREFIX: sys.prefix}


def cold(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which each process has a start of its own."""
    return {name: value for name, value in environment.items() if name != SOCKET}


def end() -> None:
    """End the server where it was started: before the run, which gathers what was measured."""
    if _server.cache_info().currsize:
        process, folder = _server()
        process.communicate()
        folder.cleanup()
        _server.cache_clear()


@functools.cache
def _address() -> str:
    """The socket of the run's server, or of one that this process alone has asked for."""
    return os.environ.get(SOCKET) or _socket(_server()[1])


@functools.cache
def _server() -> tuple[subprocess.Popen[bytes], tempfile.TemporaryDirectory[str]]:
    """The server that this process has started, and the folder with its socket."""
    folder = tempfile.TemporaryDirectory(prefix="poe-warm-")
    process = subprocess.Popen(
        [sys.executable, __file__, _socket(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROGRAM.parent.parent,
        env={name: value for name, value in os.environ.items() if name not in (_COVERAGE, _PATH)},
    )
    assert process.stdout
    process.stdout.readline()
    return process, folder


def _socket(folder: tempfile.TemporaryDirectory[str]) -> str:
    return str(Path(folder.name) / "socket")


# --- the server -----------------------------------------------------------------------------------


def _all_of_poe() -> list[str]:
    """Every module of what `poe` imports: hosting/ is the bot's process, testing/ is pytest's."""
    import poecli  # noqa: PLC0415 - only the server is to hold it

    other = ("poecli.hosting", "poecli.testing", "poecli.pytest_plugin", "poecli.__main__")
    found = pkgutil.walk_packages(poecli.__path__, "poecli.")
    return [module.name for module in found if not module.name.startswith(other)]


def _all_of_pytest() -> list[str]:
    """It and its plugins, but for ours: a run that uses none of ours must load none."""
    from _pytest.config import builtin_plugins  # noqa: PLC0415 - as above

    plugins = metadata.entry_points(group="pytest11")
    found = {plugin.module for plugin in plugins if plugin.name != "poecli"}
    return ["pytest", *(f"_pytest.{name}" for name in builtin_plugins), *found]


_PROCESS = "poecli.hosting.process"
# What packages import when they are first used, by nearly every program.
_AT_USE = ("httpcore", "certifi", "concurrent.futures.thread", "encodings.idna")
_OF_A_BOT = (*_AT_USE, "anyio._backends._asyncio", "uvicorn.lifespan.off")
# By what is run: a module, or a program of _PROCESS.entry.
_AHEAD: dict[str, Callable[[], list[str]]] = {
    "poecli": lambda: [*_all_of_poe(), "aiohttp.web", *_all_of_pytest(), *_AT_USE, "h11", "pdb"],
    "mypy": lambda: ["mypy.main"],
    "tests.hosting.one_server": lambda: ["poecli.hosting.serving.bot_server", "uvicorn"],
    "worker": lambda: [f"{_PROCESS}.entry", f"{_PROCESS}.worker", *_OF_A_BOT],
    "fork_server": lambda: [f"{_PROCESS}.entry", f"{_PROCESS}.fork_server", *_OF_A_BOT],
    "production": lambda: [f"{_PROCESS}.entry", f"{_PROCESS}.production"],
}
_AS = {"pytest": "poecli"}  # most of a bot's tests is poe


def _kind(arguments: list[str]) -> str:
    if arguments[0] == "-m":
        return _AS.get(arguments[1], arguments[1])
    return arguments[arguments.index("--") + 1]


def serve(path: str) -> None:
    """Fork for each connection until standard input ends.

    Each kind of program has a server of its own, a fork of this one, which has imported what that
    needs and nothing else; measured or not, as the order asks.
    """
    assert sys.platform == "linux"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen()
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, which ends this
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    servers: dict[tuple[str, str | None], socket.socket] = {}
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        order, fds = _received(connection)
        if not order:  # who asked has been killed meanwhile
            connection.close()
            continue
        key = _kind(order["arguments"]), order["environment"].get(MEASURED)
        if key in servers and _has_ended(servers[key]):  # it was killed
            servers.pop(key).close()
        if key not in servers:
            servers[key], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            if os.fork() == 0:
                for inherited in (listener, connection, *servers.values()):
                    inherited.close()
                _close(fds)
                _serve_kind(theirs, *key)
                return
            theirs.close()
        _send(servers[key], order, [connection.fileno(), *fds])
        _close([connection.detach(), *fds])


def _has_ended(server: socket.socket) -> bool:
    """Whether one that never says a word has closed its end."""
    return bool(select.select([server], [], [], 0)[0])


def _serve_kind(orders: socket.socket, kind: str, coverage: str | None) -> None:
    """Import what it needs, then fork for each order until there are no more."""
    assert sys.platform == "linux"
    _import_ahead(kind, coverage)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    watched = selectors.DefaultSelector()
    watched.register(orders, selectors.EVENT_READ)
    while True:
        (key, _) = watched.select()[0]
        if key.fileobj is not orders:
            _hear(watched, key)
            continue
        order, fds = _received(orders)
        if not fds:
            return
        connection = socket.socket(fileno=fds.pop(0))
        pid = os.fork()
        if pid == 0:
            _name_for(connection)
            _close([connection.detach(), *(key.fd for key in watched.get_map().values())])
            watched.close()
            _run(fds, **order)
            return
        _close(fds)
        for file in (connection, os.pidfd_open(pid)):
            watched.register(file, selectors.EVENT_READ, (pid, connection))


def _name_for(connection: socket.socket) -> None:
    """So that it is found below the process that stands for it (tests/processes.py)."""
    assert sys.platform == "linux"
    size = struct.calcsize("3i")  # process, user, group: unix(7)
    (pid, *_) = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    Path("/proc/self/comm").write_text(f"{NAME}{pid}", encoding="ascii")


def _import_ahead(kind: str, coverage: str | None) -> None:
    """What its forks then have already, and for measured ones, what was measured of that."""
    gc.disable()
    measuring = None
    if coverage:
        os.environ[_COVERAGE] = coverage
        measuring = importlib.import_module("coverage").process_startup()
    for name in _AHEAD.get(kind, list)():
        with contextlib.suppress(ImportError):  # of another platform, or of an extra
            importlib.import_module(name)
    if measuring:
        measuring.save()  # once, and not again by each fork
    gc.collect()
    gc.freeze()


def _hear(watched: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    """A signal for a program, or its end, which is told."""
    pid: int = key.data[0]
    connection: socket.socket = key.data[1]
    if key.fd == connection.fileno():
        number = connection.recv(1)
        os.kill(pid, number[0] if number else signal.SIGKILL)
        if not number:
            watched.unregister(connection)
        return
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(OSError):  # nobody is there any more
        connection.send(str(status).encode())
    with contextlib.suppress(KeyError):  # as we know already
        watched.unregister(connection)
    watched.unregister(key.fileobj)
    _close([key.fd, connection.detach()])


def _send(to: socket.socket, order: dict[str, Any], fds: list[int]) -> None:
    socket.send_fds(to, [repr(order).encode()], fds)


def _received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, fds, _, _ = socket.recv_fds(connection, _LIMIT_BYTES, _LIMIT_FDS)
    return ast.literal_eval(data.decode() or "{}"), fds


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _run(
    fds: list[int], numbers: list[int], leads: bool, has_terminal: bool, **program: Any
) -> None:
    """The program itself. It has ``fds`` as the ``numbers``.

    If it ``leads`` its session, that may be one that a terminal controls.
    """
    assert sys.platform == "linux"
    if leads:
        os.setsid()
    _take(fds, numbers)
    if has_terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    _become(**program)


def _take(fds: list[int], numbers: list[int]) -> None:
    """These files under those numbers, and no others."""
    # First out of the way of each other.
    free = max(*fds, *numbers) + 1
    for offset, fd in enumerate(fds):
        os.dup2(fd, free + offset)
    _close(fds)
    for offset, number in enumerate(numbers):
        os.dup2(free + offset, number)
        os.close(free + offset)


def _become(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """This process as `python ARGUMENTS` would be."""
    # The old ones know how far their own files had been read and written.
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        stream = io.TextIOWrapper(
            open(number, "wb" if number else "rb", closefd=False),  # noqa: SIM115 - to the end
            encoding=old.encoding,
            errors=old.errors,
            line_buffering=number == STDERR or os.isatty(number),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    if _steering(environment) != _steering(os.environ):
        # The real start after all.
        os.execve(sys.executable, [sys.executable, *arguments], cold(environment))  # noqa: S606
    os.environ.clear()
    os.environ.update(environment)
    script = None if arguments[0] == "-m" else arguments[0]
    first = folder if script is None else str(Path(script).parent)
    sys.argv = arguments[1:] if script is None else arguments
    sys.path[:1] = [first, *filter(None, environment.get(_PATH, "").split(os.pathsep))]
    sys.modules.pop("sitecustomize", None)
    with contextlib.suppress(ImportError):
        importlib.import_module("sitecustomize")
    gc.enable()
    code: object = None
    try:
        if script is None:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(script, run_name="__main__")
    except SystemExit as leaving:
        code = leaving.code
    _end(code)


def _end(code: object) -> None:
    """End as Python does, but do not take apart all that was imported for this and other forks.

    That would copy each page of it first: 90 of the 170 ms of a `poe chat --help`.
    """
    if not isinstance(code, (int, type(None))):
        raise SystemExit(code)  # words, which Python writes to standard error
    threading._shutdown()  # type: ignore[attr-defined] # waits for threads, and ends pools
    atexit._run_exitfuncs()
    gc.collect()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # closed, or a disk is full: Python has its own way to say it
        raise SystemExit(code) from None
    _EXIT(code or 0)


def _steering(environment: Mapping[str, str]) -> dict[str, str]:
    keys = {key for key in environment if key.startswith(_STEERING)} - {_PATH}
    return {key: environment[key] for key in keys}


if __name__ == "__main__":
    serve(sys.argv[1])
