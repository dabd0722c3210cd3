"""What a command starts: the processes below it, how many at once, and what outlives it.

By /proc: on other systems nothing is found.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import threading
from collections import defaultdict
from pathlib import Path

from tests.warm_python import NAME

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1
_LIMIT_SECONDS = 100


class Descendants:
    """A context in which the processes below this one are counted, orphans too (prctl(2)).

    ``most`` is the largest number seen at once, ``left`` the command lines of those that are still
    there at the end.
    """

    def __init__(self) -> None:
        self.most = 0
        self.left: list[str] = []
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Descendants:  # noqa: PYI034 - typing.Self came with Python 3.11
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._watcher.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._watcher.join()
        self.left = [line for pid in processes_of(os.getpid()) if (line := _command(pid))]

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            # Those that have ended wait here for us: as their adopter we alone could collect them.
            running = sum(map(_is_alive, processes_of(os.getpid())))
            self.most = max(self.most, running)


def processes_of(top: int) -> set[int]:
    """Every process whose line of parents leads to ``top``.

    One that started warm is a child of whoever stands for it (tests/warm_python.py).
    """
    children = defaultdict(set)
    for entry in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(entry.name)):
            name, _, parent = fields[:3]
            children[int(parent)].add(int(entry.name))
            if name.startswith(NAME):
                children[int(name.removeprefix(NAME))].add(int(entry.name))
    found: set[int] = set()
    rest = {top}
    while rest:
        below = children[rest.pop()]
        found |= below
        rest |= below
    return found


def program_of(pid: int) -> int:
    """The process that a started one stands for: itself, if it started cold."""
    warm = {each for each in processes_of(pid) if _stat(each)[:1] == [f"{NAME}{pid}"]}
    return min(warm, default=pid)  # its forks have its name


def _stat(pid: int) -> list[str]:
    """Name, state, parent and more (proc(5)), empty for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    name, _, rest = text.partition("(")[2].rpartition(")")
    return [name, *rest.split()]


async def all_gone(pids: set[int]) -> bool:
    """Wait until none of these processes is left; False when the limit is over."""
    for _ in range(_LIMIT_SECONDS * 20):
        if not any(_is_alive(pid) for pid in pids):
            return True
        await asyncio.sleep(0.05)
    return False


def _is_alive(pid: int) -> bool:
    # A zombie is gone; whoever adopted it has not looked yet.
    return _stat(pid)[1:2] not in ([], ["Z"])


def _command(pid: int) -> str:
    """Its command line; empty for one that has ended and only waits to be collected."""
    try:
        line = (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return line.replace(b"\0", b" ").decode(errors="replace").strip()
