"""A provider's program, run to its end, or ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from poecli.deploy.program import ProviderShell, run
from poecli.deploy.providers.provider import Command
from tests.processes import all_gone

CLEARS_UP = """
import os, pathlib, time
try:
    print(os.getpid(), flush=True)
    time.sleep(600)  # to be interrupted
except KeyboardInterrupt:
    time.sleep(0.3)  # its work
    pathlib.Path("cleared").touch()
"""
STOPPED_TWICE = """
import asyncio, os, pathlib, sys
from poecli.deploy.program import ProviderShell, run
from poecli.deploy.providers.provider import Command

async def main():
    pids = asyncio.Queue()
    around = ProviderShell(pathlib.Path.cwd(), os.environ, pids.put_nowait)
    running = asyncio.create_task(run(Command((sys.executable, "-c", sys.argv[1])), around))
    print(await pids.get())
    for _ in range(2):
        running.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
    await asyncio.wait({running})

asyncio.run(main())
"""
LIMIT_SECONDS = 60


def python(code: str) -> Command:
    return Command((sys.executable, "-c", code))


async def test_a_line_without_end_holds_nothing_up(tmp_path: Path) -> None:
    """A bar that is painted over itself for hours is no line to keep; what follows is."""
    code = "print('x' * (6 << 20)); print('https://it.example/')"
    around = ProviderShell(tmp_path, os.environ, lambda _line: None)

    said = await asyncio.wait_for(run(python(code), around), LIMIT_SECONDS)

    assert said.splitlines()[-1] == "https://it.example/"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
async def test_ctrl_c_on_a_terminal_interrupts_once(tmp_path: Path) -> None:
    """The program has heard it itself, and told a second time would not clear up."""
    pids: asyncio.Queue[str] = asyncio.Queue()
    around = ProviderShell(tmp_path, os.environ, pids.put_nowait)
    running = asyncio.create_task(run(python(CLEARS_UP), around))
    os.kill(int(await pids.get()), signal.SIGINT)
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running

    assert (tmp_path / "cleared").exists()


async def test_output_that_nobody_sees_is_read_to_its_end(tmp_path: Path) -> None:
    """`poe deploy 2>&1 | head -1`: the program would stand still, and its URL be lost."""

    def nobody(_line: str) -> None:
        raise BrokenPipeError

    code = "print('building'); print('x' * (1 << 20)); print('https://it.example/')"
    around = ProviderShell(tmp_path, os.environ, nobody)

    said = await asyncio.wait_for(run(python(code), around), LIMIT_SECONDS)

    assert said.splitlines()[-1] == "https://it.example/"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
async def test_what_a_command_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    """A server that `./deploy.sh` has started lives on, and holds the output open."""
    left = "[sys.executable, '-c', 'import time; time.sleep(600)']"  # to be ended
    code = f"import subprocess, sys; print(subprocess.Popen({left}).pid)"
    pids: asyncio.Queue[str] = asyncio.Queue()
    around = ProviderShell(tmp_path, os.environ, pids.put_nowait)
    running = asyncio.create_task(run(python(code), around))
    pid = int(await pids.get())
    done, _ = await asyncio.wait({running}, timeout=LIMIT_SECONDS)
    os.kill(pid, signal.SIGTERM)
    assert await running == str(pid)
    assert done


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
async def test_ctrl_c_twice_leaves_no_program_that_was_not_told(tmp_path: Path) -> None:
    """Sent to poe alone, the program has heard of neither, and outlives it for a moment."""
    stopped = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", STOPPED_TWICE, CLEARS_UP],
        check=True,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        timeout=LIMIT_SECONDS,
    )
    pid = int(stopped.stdout)
    try:
        assert await all_gone({pid})
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert (tmp_path / "cleared").exists()
