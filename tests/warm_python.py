"""`python -m MODULE` without its start: a fork of an interpreter that has imported it before.

    subprocess.run([*python("-m", "poecli"), "dev"])

Importing is nine tenths of the time of a `poe` that a test starts. The fork is a process of its
own with the streams, folder, environment and signals it would have; what a test says of the start
itself, of a terminal or of the tree of processes, it says of a cold one. Linux only: elsewhere, and
for environments that steer the interpreter, the start is the real one.
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

PROGRAM = Path(__file__).with_name("warm_program.py")
# What an interpreter reads only once, when it starts.
_STEERING = ("PYTHON", "LC_", "LANG")
_PATH = "PYTHONPATH"  # which can be followed later
_LIMIT_BYTES = 1 << 20
_ENVIRONMENT = dict(os.environ)  # as it was when the tests were collected: with coverage, if any
STDERR = 2


def python(*arguments: str, warm: bool = True) -> list[str]:
    """The beginning of a command line that runs `-m MODULE`, warm where that can be."""
    if sys.platform == "linux" and warm:
        return [sys.executable, "-I", "-S", str(PROGRAM), _socket(_server()[1]), *arguments]
    return [sys.executable, *arguments]


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
        env=_ENVIRONMENT,
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


_AHEAD: dict[str, Callable[[], list[str]]] = {
    "poecli": lambda: [*_all_of_poe(), "aiohttp.web"],
    "pytest": lambda: [*_all_of_poe(), "pytest", "_pytest.assertion.rewrite"],
    "mypy": lambda: ["mypy.main"],
}


@functools.cache
def _import_ahead(module: str) -> None:
    for name in _AHEAD.get(module, list)():
        with contextlib.suppress(ImportError):  # of another platform, or of an extra
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def serve(path: str) -> None:
    """Fork for each connection until standard input ends."""
    assert sys.platform == "linux"
    gc.disable()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen()
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, which ends this
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        data, streams, _, _ = socket.recv_fds(connection, _LIMIT_BYTES, 3)
        order = json.loads(data)
        _import_ahead(order["arguments"][1])
        if os.fork() == 0:
            listener.close()
            _run(connection, streams, **order)
            return
        for fd in (*streams, connection.detach()):
            os.close(fd)


def _run(
    connection: socket.socket,
    streams: list[int],
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
) -> None:
    """Fork the program, and tell its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    program = os.fork()
    if program == 0:
        connection.close()
        _become(streams, arguments, folder, environment)
        return
    for fd in (*streams, 0, 1, 2):
        os.close(fd)
    ended = os.pidfd_open(program)
    while ended not in select.select([connection.fileno(), ended], [], [])[0]:
        number = connection.recv(1) or bytes([signal.SIGKILL])
        os.kill(program, number[0])
    status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    connection.send(str(status).encode())
    os._exit(0)


def _become(
    streams: list[int], arguments: list[str], folder: str, environment: dict[str, str]
) -> None:
    """This process as `python ARGUMENTS` would be."""
    for target, source in enumerate(streams):
        os.dup2(source, target)
        os.close(source)
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
        os.execve(sys.executable, [sys.executable, *arguments], environment)  # noqa: S606
    os.environ.clear()
    os.environ.update(environment)
    _, module, *rest = arguments
    sys.argv = [module, *rest]
    sys.path[:1] = [folder, *filter(None, environment.get(_PATH, "").split(os.pathsep))]
    with contextlib.suppress(ImportError):
        importlib.import_module("sitecustomize")
    gc.enable()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _steering(environment: Mapping[str, str]) -> dict[str, str]:
    keys = {key for key in environment if key.startswith(_STEERING)} - {_PATH}
    return {key: environment[key] for key in keys}


if __name__ == "__main__":
    serve(sys.argv[1])
