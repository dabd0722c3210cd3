"""Which files of the author's have changed, in batches; what does not matter is left out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Protocol, runtime_checkable

from watchfiles import Change, awatch

from poecli.devserver.ignore_rules import IgnoreRules

_STEP_MS = 10  # how often the watching thread looks; each look takes microseconds
_DEBOUNCE_MS = 50  # of one batch; what belongs together is put together by generations.py


@runtime_checkable
class Watcher(Protocol):
    """Gives batches of changed files, as absolute paths."""

    def batches(self) -> AsyncIterator[tuple[Path, ...]]:
        """Every batch until the watcher is closed."""

    def also(self, files: Collection[Path]) -> None:
        """Watch these files too: the author's modules outside of the project's folder."""

    def close(self) -> None:
        """Let `batches` end."""


def lasting_files(changes: Collection[tuple[Change, str]]) -> set[str]:
    """The changed files but for those that came and went: an editor's own, under any name."""
    came = {name for change, name in changes if change is Change.added}
    went = {name for change, name in changes if change is Change.deleted}
    passing = {name for name in came & went if not Path(name).exists()}
    return {name for _, name in changes} - passing


class FileWatcher:
    """Watches a project's folder by the system's own means (inotify, FSEvents, Windows)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._rules = IgnoreRules(root)
        self._outside: frozenset[Path] = frozenset()
        self._restart = asyncio.Event()
        self._closed = False

    async def batches(self) -> AsyncIterator[tuple[Path, ...]]:
        """Every batch with a file that matters."""
        while not self._closed:
            self._restart.clear()
            folders = {self._root, *(file.parent for file in self._outside)}
            async for changes in awatch(
                *folders,
                watch_filter=None,
                step=_STEP_MS,
                debounce=_DEBOUNCE_MS,
                stop_event=self._restart,
                recursive=True,
            ):
                files = tuple(
                    sorted({Path(name) for name in lasting_files(changes) if self._matters(name)})
                )
                if any(file.name == ".gitignore" for file in files):
                    self._rules.forget()
                if files:
                    yield files

    def also(self, files: Collection[Path]) -> None:
        """Files of the folder itself are watched anyway."""
        outside = frozenset(file for file in files if not file.is_relative_to(self._root))
        if outside - self._outside:
            self._outside |= outside
            self._restart.set()

    def close(self) -> None:
        """Let `batches` end."""
        self._closed = True
        self._restart.set()

    def _matters(self, name: str) -> bool:
        file = Path(name)
        if not file.is_relative_to(self._root):
            return file in self._outside
        return self._rules.matters(file) and not file.is_dir()
