"""The parent's handle on a worker: when it is gone, whatever the author's code has left behind."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from poecli.dev_events import Reloaded, WorkerDied
from tests.devserver.bots import write_bot
from tests.devserver.running import running

# A program that lives on when its bot's process has ended, and holds the output of that open.
LEFT_BEHIND = """
import subprocess
import sys
from pathlib import Path

PROGRAM = [sys.executable, "-c", "import time; time.sleep(300)"]
with Path("pids").open("a") as file:
    print(subprocess.Popen(PROGRAM, start_new_session=True).pid, file=file)
"""
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="fork servers are Linux's")
SOURCES = [pytest.param("fork", marks=ON_LINUX), "standby"]


def end_what_is_left(folder: Path) -> None:
    for pid in (folder / "pids").read_text(encoding="utf-8").split():
        os.kill(int(pid), signal.SIGTERM)


@pytest.mark.parametrize("source", SOURCES)
async def test_a_death_is_seen_though_a_program_it_started_lives_on(
    tmp_path: Path, source: str
) -> None:
    """A browser or a converter that has inherited the worker's output."""
    write_bot(tmp_path, end=LEFT_BEHIND)
    async with running(tmp_path, reload_with=source) as run:
        try:
            await run.bot.ask("die")
            await run.next(WorkerDied)
            reloaded = await run.next(Reloaded)
        finally:
            end_what_is_left(tmp_path)
    assert reloaded.ok
