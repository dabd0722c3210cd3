"""Scripted servers in a thread of their own, for commands that run a loop themselves."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from poecli.commands.run import run
from poecli.terminal.console import Console
from tests.client.scripted import Answer, ScriptedServer, scripted_server

API_KEY = "made-up-api-key-for-the-tests"


@contextmanager
def serving(*answers: Answer) -> Iterator[ScriptedServer]:
    """A scripted server that runs while the block does."""
    ready: list[ScriptedServer] = []
    up, loop = threading.Event(), asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with scripted_server(*answers) as server:
            ready.append(server)
            up.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(30)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


def closed_port() -> int:
    """A port of the loopback at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Ran:
    """A command line that was run in this process: its exit code and what it wrote."""

    def __init__(self, code: int, console: Console) -> None:
        assert isinstance(console.stdout, io.StringIO)
        assert isinstance(console.stderr, io.StringIO)
        self.code = code
        self.stdout = console.stdout.getvalue()
        self.stderr = console.stderr.getvalue()


def user_env(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a user whose folders are all below ``folder``."""
    kinds = ("CONFIG", "DATA", "STATE", "CACHE")
    folders = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in kinds}
    return {**folders, "HOME": str(folder), **more}


def poe(*arguments: str, env: Mapping[str, str], stdin: str = "") -> Ran:
    """Run a command line through the one door, on buffers."""
    console = Console.test(stdin, env=env)
    return Ran(run(arguments, console), console)
