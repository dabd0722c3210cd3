"""`poe` as the tests run it: in this process on buffers, as a real one, as a server that stays."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from poecli.commands.run import run
from poecli.terminal.console import Console
from tests.warm_python import cold, python

LIMIT_SECONDS = 100
API_KEY = "made-up-api-key-for-the-tests"


class Ran(NamedTuple):
    """A command line that came to its end: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def user_env(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a user whose folders are all below ``folder``."""
    kinds = ("CONFIG", "DATA", "STATE", "CACHE")
    folders = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in kinds}
    return {**folders, "HOME": str(folder), **more}


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without what could steer poe or pytest, and with ``more``."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("POE_", "PYTEST_"))} | more


def poe(*arguments: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ran:
    """Run a command line through the one door, in this process: no start-up, no pipes.

    ``env`` is all that the console sees of an environment.
    """
    console = Console.test(stdin, env=env)
    code = run(arguments, console)
    assert isinstance(console.stdout, io.StringIO)
    assert isinstance(console.stderr, io.StringIO)
    return Ran(code, console.stdout.getvalue(), console.stderr.getvalue())


def poe_process(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Run the real program, where the process is the point; ``env`` is added to this one's."""
    done = subprocess.run(
        [sys.executable, "-m", "poecli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env=cold({**os.environ, **(env or {})}),
        timeout=LIMIT_SECONDS,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


async def start(
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int = DEVNULL,
    stdout: int = PIPE,
    stderr: int = PIPE,
    warm: bool = True,
) -> Process:
    """Start the real program beside a loop; ``env`` is added to this one's.

    ``warm`` is False where its start is the point.
    """
    environment = {**os.environ, **(env or {})}
    return await asyncio.create_subprocess_exec(
        *python("-m", "poecli", *arguments, warm=warm),
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        limit=2**22,
        env=environment if warm else cold(environment),
    )


async def finish(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Run the real program to its end, while the loop serves what it asks for."""
    process = await start(*arguments, cwd=cwd, env=env)
    stdout, stderr = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    assert process.returncode is not None
    return Ran(process.returncode, stdout.decode(), stderr.decode())


async def poe_in(folder: Path, *arguments: str) -> Ran:
    """The real program in a folder, of a user whose folders are below it, to its end."""
    return await finish(*arguments, cwd=folder, env=user_env(folder / "home"))


class DevProcess:
    """A running `poe dev --json`."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def line(self, type: str, **fields: Any) -> dict[str, Any]:
        """The next line of that type with those fields; the others are kept in ``lines``."""
        return await asyncio.wait_for(self._line(type, fields), LIMIT_SECONDS)

    async def _line(self, type: str, fields: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdout is not None
        while raw := await self.process.stdout.readline():
            line: dict[str, Any] = json.loads(raw)
            self.lines.append(line)
            if line["type"] == type and fields.items() <= line.items():
                return line
        assert self.process.stderr is not None
        said = (await self.process.stderr.read()).decode()
        raise AssertionError(f"ended without {type!r}: {self.lines} {said}")

    async def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait for the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        await asyncio.wait_for(self.process.communicate(), LIMIT_SECONDS)
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def dev(folder: Path, *flags: str, warm: bool = True) -> AsyncIterator[DevProcess]:
    """`poe dev --json` in a folder, on any free port; ended at the latest with the block.

    ``warm`` as for `start`.
    """
    env = {"XDG_CONFIG_HOME": str(folder / ".config"), "XDG_DATA_HOME": str(folder / ".poe/data")}
    started = await start("dev", "--port", "0", "--json", *flags, cwd=folder, env=env, warm=warm)
    process = DevProcess(started)
    try:
        yield process
    finally:
        await process.end()
