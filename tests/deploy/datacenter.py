"""Where the stand-in providers run bots: `python -m tests.deploy.datacenter FOLDER`.

Each bot is a fork of this process, in a session of its own, on uvicorn as `poe serve` has it. The
versions of an app share one listening socket: the new one answers before the old one stops. With
$DEPLOY_PYTHON a bot is what its host runs instead, on that Python: uvicorn with server.py, or what
the function of modal_app.py gives. Ended by the end of its standard input, and all bots with it.

    {"start": ID, "app": NAME, "port": 0, "folder": "…", "env": {…}}     -> {"url": "http://…"}
    {"stop": ID, "wait": true}, which waits until its answers have ended -> {}
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from poecli.config.builds import BUILD_VARIABLE
from poecli.config.target import Target
from poecli.hosting.finding import discovery
from poecli.hosting.process.messages import Serve
from poecli.hosting.process.production import give_keys
from poecli.hosting.sandbox import containment
from poecli.hosting.serving.production import CountedApp, ProductionServer

_LIMIT = 1 << 20
_PYTHON = os.environ.get("DEPLOY_PYTHON", "")
_AS_ON_MODAL = """
import sys, uvicorn, modal_app
uvicorn.run(modal_app.fastapi_app.local(), fd=int(sys.argv[1]))
"""


class Datacenter:
    def __init__(self) -> None:
        self._sockets: dict[str, socket.socket] = {}
        self._running: dict[str, int] = {}
        self._draining: list[int] = []

    def serve(self, path: str) -> None:
        """Take orders until standard input ends."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(path)
        listener.listen()
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            with connection:
                order = json.loads(connection.recv(_LIMIT))
                answer = self._start(**order) if "start" in order else self._stop(**order)
                connection.send(json.dumps(answer).encode())
        for pid in (*self._running.values(), *self._draining):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _start(
        self, start: str, app: str, port: int, folder: str, env: dict[str, str]
    ) -> dict[str, Any]:
        if app not in self._sockets:
            self._sockets[app] = socket.create_server(("127.0.0.1", port), backlog=128)
        listening = self._sockets[app]
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _become(listening, Path(folder), env, writing)
        os.close(writing)
        said = os.read(reading, _LIMIT) or b"ready"  # another program can't say so
        os.close(reading)
        if said != b"ready":
            os.waitpid(pid, 0)
            return {"error": said.decode()}
        self._running[start] = pid
        return {"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}

    def _stop(self, stop: str, wait: bool) -> dict[str, Any]:
        if stop in self._running:
            pid = self._running.pop(stop)
            os.kill(pid, signal.SIGTERM)
            self._draining.append(pid)
            if wait:
                os.waitpid(self._draining.pop(), 0)
        return {}


def _become(listening: socket.socket, folder: Path, env: dict[str, str], news: int) -> None:
    """This process as the server of the bot in a folder; it never comes back."""
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(env)
        if _PYTHON:
            listening.set_inheritable(inheritable=True)
            fd = listening.fileno()
            by_file = ("-c", _AS_ON_MODAL, str(fd))
            by_image = ("-m", "uvicorn", "server:app", "--fd", str(fd))
            served = by_file if Path("modal_app.py").exists() else by_image
            os.execve(_PYTHON, [_PYTHON, *served], env)  # noqa: S606 - a stand-in's own choice
        contained = containment.install(containment.Options(guarded=False))
        loaded = discovery.load(Target.parse(".", folder))
        contained.uninstall()
        give_keys(loaded, Serve(str(folder), str(folder), key=env.get("POE_ACCESS_KEY", "")))
        names = dict(zip(loaded.paths, loaded.names(), strict=True))
        app = CountedApp(loaded.app, names, env.get(BUILD_VARIABLE, ""), None)
        ProductionServer(
            app,
            proxies="*",
            on_ready=lambda: _tell(news, "ready"),
            on_drain=lambda _running: None,
        ).run(sockets=[listening])
    except BaseException as error:  # noqa: BLE001 - told to whoever wanted it started
        _tell(news, f"{type(error).__name__}: {error}")
    os._exit(0)


def _tell(news: int, text: str) -> None:
    with contextlib.suppress(OSError):  # it was ready before it failed
        os.write(news, text.encode())
        os.close(news)


if __name__ == "__main__":
    Datacenter().serve(str(Path(sys.argv[1]) / "socket"))
