"""Everything that a command starts, watched: how many processes at once, and what outlives it.

Linux only: it reads /proc, and takes in orphans so that none can hide (prctl(2),
PR_SET_CHILD_SUBREAPER).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import defaultdict
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1


class Descendants:
    """A context in which the processes below this one are counted.

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
        self.left = [line for pid in _below(os.getpid()) if (line := _command(pid))]

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self.most = max(self.most, len(_below(os.getpid())))


def _below(top: int) -> list[int]:
    """Every process whose line of parents leads to ``top``."""
    children = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended between the listing and here
            continue
        parent = int(stat.rpartition(")")[2].split()[1])
        children[parent].append(int(entry.name))
    found: list[int] = []
    rest = [top]
    while rest:
        below = children[rest.pop()]
        found += below
        rest += below
    return found


def _command(pid: int) -> str:
    """Its command line; empty for one that has ended and only waits to be collected."""
    try:
        line = (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return line.replace(b"\0", b" ").decode(errors="replace").strip()
