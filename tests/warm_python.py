"""`python -m MODULE` without its start: a fork of an interpreter that has imported it before.

    subprocess.run([*python("-m", "poecli"), "dev"])

Importing is nine tenths of the time of a `poe` that a test starts, and of the process for bots that
poe starts then (`warm_start/sitecustomize.py`). The fork is a process of its own with the streams,
folder, environment, terminal and signals it would have; what a test says of the start itself or of
the tree of processes, it says of a cold one. Linux only: elsewhere, and for environments that steer
the interpreter, the start is the real one.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
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
_COVERAGE = "COVERAGE_PROCESS_CONFIG"  # set where coverage is measured in processes as well
_LIMIT_BYTES = 1 << 20
_LIMIT_FDS = 32
STDERR = 2


def python(*arguments: str, warm: bool = True) -> list[str]:
    """The beginning of a command line that runs `-m MODULE`, warm where that can be."""
    if sys.platform == "linux" and warm:
        return [sys.executable, "-I", "-S", str(PROGRAM), _socket(_server()[1]), *arguments]
    return [sys.executable, *arguments]


def warm_processes_for_bots() -> None:
    """From now on, in this process and those below it."""
    if sys.platform == "linux":
        os.environ[_PATH] = os.pathsep.join(filter(None, (str(START), os.environ.get(_PATH))))
        os.environ |= {SOCKET: _socket(_server()[1]), PREFIX: sys.prefix}


def cold(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which each process for bots has a start of its own."""
    return {name: value for name, value in environment.items() if name not in (SOCKET, PREFIX)}


def end() -> None:
    """End the server, if there is one: before the run, which gathers what was measured."""
    if _server.cache_info().currsize:
        process, folder = _server()
        process.communicate()
        folder.cleanup()
        _server.cache_clear()


@functools.cache
def _server() -> tuple[subprocess.Popen[bytes], tempfile.TemporaryDirectory[str]]:
    """This run's own, and the folder with its socket."""
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


# By what is run: a module, or a program of poecli.hosting.process.entry.
_AHEAD: dict[str, Callable[[], list[str]]] = {
    "poecli": lambda: [*_all_of_poe(), "aiohttp.web"],
    "pytest": lambda: [*_all_of_poe(), "pytest", "_pytest.assertion.rewrite"],
    "mypy": lambda: ["mypy.main"],
    "worker": lambda: ["poecli.hosting.process.entry", "poecli.hosting.process.worker"],
    "fork_server": lambda: ["poecli.hosting.process.entry", "poecli.hosting.process.fork_server"],
    "production": lambda: ["poecli.hosting.process.entry", "poecli.hosting.process.production"],
}


def _kind(arguments: list[str]) -> str:
    if arguments[0] == "-m":
        return arguments[1]
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
        key = _kind(order["arguments"]), order["environment"].get(_COVERAGE)
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


def _serve_kind(orders: socket.socket, kind: str, coverage: str | None) -> None:
    """Import what it needs, then fork for each order until there are no more."""
    gc.disable()
    if coverage:
        os.environ[_COVERAGE] = coverage
        importlib.import_module("coverage").process_startup()
    for name in _AHEAD.get(kind, list)():
        with contextlib.suppress(ImportError):  # of another platform, or of an extra
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    while True:
        order, fds = _received(orders)
        if not fds:
            return
        if os.fork() == 0:
            orders.close()
            connection, *fds = fds
            _run(socket.socket(fileno=connection), fds, **order)
            return
        _close(fds)


def _send(to: socket.socket, order: dict[str, Any], fds: list[int]) -> None:
    socket.send_fds(to, [json.dumps(order).encode()], fds)


def _received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, fds, _, _ = socket.recv_fds(connection, _LIMIT_BYTES, _LIMIT_FDS)
    return json.loads(data or "{}"), fds


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _run(
    connection: socket.socket,
    fds: list[int],
    numbers: list[int],
    leads: bool,
    has_terminal: bool,
    **program: Any,
) -> None:
    """Fork the program, and tell its end. It has ``fds`` as the ``numbers``.

    If it ``leads`` its session, that may be one that a terminal controls.
    """
    assert sys.platform == "linux"
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    forked = os.fork()
    if forked == 0:
        connection.close()
        if leads:
            os.setsid()
        _take(fds, numbers)
        if has_terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        _become(**program)
        return
    _close([*fds, 0, 1, 2])
    ended = os.pidfd_open(forked)
    while ended not in select.select([connection.fileno(), ended], [], [])[0]:
        number = connection.recv(1) or bytes([signal.SIGKILL])
        os.kill(forked, number[0])
    status = os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])
    connection.send(str(status).encode())
    os.kill(os.getpid(), signal.SIGKILL)  # at an exit, coverage would save what this one ran


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
    if script is None:
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(script, run_name="__main__")


def _steering(environment: Mapping[str, str]) -> dict[str, str]:
    keys = {key for key in environment if key.startswith(_STEERING)} - {_PATH}
    return {key: environment[key] for key in keys}


if __name__ == "__main__":
    serve(sys.argv[1])
