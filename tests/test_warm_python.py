"""What the tests start warm is as what they would start cold."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.processes import all_gone
from tests.warm_python import PROGRAM, python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is warm")
SEEN = "import os, sys; print(os.getcwd(), os.environ.get('A'), sys.argv[1:], sys.path[0])"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("raise SystemExit(7)", 7),
        ("raise SystemExit", 0),
        ("raise SystemExit('in words')", 1),
        ("import atexit; atexit.register(print, 'at the end'); print('before')", 0),
        ("import threading; threading.Timer(0.1, print, ['from a thread']).start()", 0),
        ("import os; os._exit(3)", 3),
        ("import os; os.kill(os.getpid(), 9)", -9),
        (SEEN, 0),
        ("import sys; print(sys.stdin.encoding, sys.stdout.errors, sys.stdout.isatty())", 0),
        ("import signal; print(signal.getsignal(2), signal.getsignal(17))", 0),
    ],
)
def test_it_does_and_ends_as_the_cold_one(tmp_path: Path, line: str, code: int) -> None:
    """Streams, folder, environment, signals, exit code."""
    warm, cold = (
        subprocess.run(
            python("-m", "code", warm=warm),
            input=f"{line}\n",
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "A": "b"},
            check=False,
        )
        for warm in (True, False)
    )
    assert warm.returncode == code
    assert (warm.returncode, warm.stdout) == (cold.returncode, cold.stdout)


def _say(*arguments: str, line: str) -> str:
    ran = subprocess.run(
        arguments, input=line, capture_output=True, text=True, check=False, timeout=60
    )
    return ran.stdout


def test_a_killed_server_stands_in_nobodys_way() -> None:
    """That of a kind is made anew for the next; without any, a program starts by itself."""
    _say(*python("-m", "code"), line="import os; os.kill(os.getppid(), 9)\n")
    assert "7" in _say(*python("-m", "code"), line="print(7)\n")
    alone = (sys.executable, "-I", "-S", str(PROGRAM), "/no/socket", "-m", "code")
    assert "7" in _say(*alone, line="print(7)\n")


async def started() -> tuple[Process, int]:
    """A console that waits for its next line, and the number of the process that does."""
    process = await asyncio.create_subprocess_exec(
        *python("-m", "code"), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"import os; print('\\n', os.getpid(), flush=True)\n")
    await process.stdout.readline()
    return process, int(await process.stdout.readline())


async def test_a_signal_reaches_it() -> None:
    """And ends it as it ends a cold one."""
    process, _ = await started()
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == -signal.SIGTERM


async def test_a_kill_leaves_nothing_behind() -> None:
    """What can't be passed on ends the fork all the same."""
    process, fork = await started()
    process.kill()
    await process.communicate()
    assert fork != process.pid
    assert await all_gone({fork})
