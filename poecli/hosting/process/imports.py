"""How a worker imports: a bot's third-party modules ahead of its next load, its own files anew.

The author's files are never imported ahead, since a warm worker must not hold yesterday's code, and
are compiled from their source at every load, never taken from __pycache__: Python holds a cached
file valid while the source's size and its second of change are the same, so of two saves within a
second the first would go on answering.
https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Collection, Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from poecli.hosting.author.frames import is_author_file

# Known to break in a forked child even where no thread shows (their own documents say so).
NEVER_AHEAD = frozenset({"grpc", "torch", "tensorflow", "jax", "pyarrow", "polars", "debugpy"})
_THREADS_OF_THIS_PROCESS = Path("/proc/self/task")

_path_stats = SourceFileLoader.path_stats


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


def compile_author_files_anew() -> None:
    """Neither read nor write bytecode of the author's in this process; packages keep theirs."""
    # The import system asks this before it looks for a cached file; an OSError means none is used.
    SourceFileLoader.path_stats = _stats_of_packages  # type: ignore[assignment, method-assign] # the one seam


def _stats_of_packages(loader: SourceFileLoader, path: str) -> Mapping[str, Any]:
    if is_author_file(str(path)):
        raise OSError(f"{path} is recompiled")
    return _path_stats(loader, path)
