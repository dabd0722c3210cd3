"""Importing a bot's third-party modules ahead of its next load.

The author's own files are never imported ahead: a warm worker must not hold yesterday's code.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Collection, Iterable
from pathlib import Path

# Known to break in a forked child even where no thread shows (their own documents say so).
NEVER_AHEAD = frozenset({"grpc", "torch", "tensorflow", "jax", "pyarrow", "polars", "debugpy"})
_THREADS_OF_THIS_PROCESS = Path("/proc/self/task")


def import_ahead(modules: Iterable[str], refused: Collection[str] = ()) -> str | None:
    """Import what a bot will need; the package that started a thread, or None when none did.

    A module that can't be imported now is left to the bot, whose error it then is.
    """
    for name in modules:
        package = name.partition(".")[0]
        if package in NEVER_AHEAD or package in refused:
            continue
        with contextlib.suppress(Exception, SystemExit):
            importlib.import_module(name)
        if has_threads():
            return package
    return None


def has_threads() -> bool:
    """True when this process has more than its main thread, Python's or a library's own."""
    if threading.active_count() > 1:
        return True
    try:
        return sum(1 for _ in _THREADS_OF_THIS_PROCESS.iterdir()) > 1
    except OSError:  # no /proc here
        return False
