"""`poe dev` as a real process, its JSON lines read as they come."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

LIMIT_SECONDS = 100


class DevProcess:
    """A running `poe dev --json`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
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


async def start(*arguments: str, cwd: Path) -> asyncio.subprocess.Process:
    """`poe` with these arguments, its streams on pipes, nobody at a terminal."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "poecli",
        *arguments,
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**22,
        env={**os.environ, "XDG_CONFIG_HOME": str(cwd / ".config")},
    )


@asynccontextmanager
async def dev(folder: Path, *flags: str) -> AsyncIterator[DevProcess]:
    """`poe dev --json` in a folder, on any free port; ended at the latest with the block."""
    process = DevProcess(await start("dev", "--port", "0", "--json", *flags, cwd=folder))
    try:
        yield process
    finally:
        await process.end()


async def run(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """`poe` to its end: exit code, stdout, stderr."""
    process = await start(*arguments, cwd=cwd)
    out, err = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def processes_of(pid: int) -> set[int]:
    """The processes below one, by /proc; empty elsewhere."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found |= {int(folder.name)} | processes_of(int(folder.name))
    return found


async def all_gone(pids: set[int]) -> bool:
    """Wait until none of these processes is left; False when the limit is over."""
    for _ in range(LIMIT_SECONDS * 20):
        if not any(_is_alive(pid) for pid in pids):
            return True
        await asyncio.sleep(0.05)
    return False


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # a zombie is gone; whoever adopted it has not looked yet
