"""The author's files are compiled from their source at every load, never taken from __pycache__.

Python holds a cached file valid while the source's size and its second of change are the same, so
of two saves within a second the first would go on answering.
https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from typing import Any

from poecli.hosting.author.frames import is_author_file

_path_stats = SourceFileLoader.path_stats


def compile_author_files_anew() -> None:
    """Neither read nor write bytecode of the author's in this process; packages keep theirs."""
    # The import system asks this before it looks for a cached file; an OSError means none is used.
    SourceFileLoader.path_stats = _stats_of_packages  # type: ignore[assignment, method-assign] # the one seam


def _stats_of_packages(loader: SourceFileLoader, path: str) -> Mapping[str, Any]:
    if is_author_file(str(path)):
        raise OSError(f"{path} is recompiled")
    return _path_stats(loader, path)
