"""Tells the author's saves from what the bot, the programs it starts and poe write themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from poecli.hosting.sandbox.file_writes import MOST_KEPT

# A change sooner than this after a load or an answer was hardly made by hand.
SOON_SECONDS = 1.0
# So many loads in a row may have that cause; then the file is named, and left alone.
MOST_LOADS = 3
_CACHES = {"__pycache__", ".git", ".poe"}
_MOST_NAMED = 5  # files of the bot's own, told once each


class Saves:
    """Judges the changes of a project's files; ``say`` hears why one is none, once a file.

    ``idle_seconds`` says how long ago the bot was last at work: loading, or answering.
    """

    def __init__(
        self, root: Path, say: Callable[[str], None], idle_seconds: Callable[[], float]
    ) -> None:
        self._root = root
        self._say = say
        self._idle_seconds = idle_seconds
        self._written: dict[Path, None] = {}
        self._ours: dict[Path, tuple[int, int]] = {}
        self._named: set[Path] = set()
        self._suspects: set[Path] = set()
        self._in_a_row = 0

    def wrote(self, file: str) -> None:
        """The bot's process is about to change this file, or what is in this folder."""
        if len(self._written) >= MOST_KEPT:
            del self._written[next(iter(self._written))]
        self._written[Path(file)] = None

    def poe_wrote(self, file: Path) -> None:
        """Poe has just written this file: as it is now it is no save; a later change is one."""
        self._ours[file] = _stamp(file)

    @property
    def written(self) -> tuple[str, ...]:
        """The files that the bot's process has changed, relative to the folder; no caches."""
        inside = [path for path in self._written if path.is_relative_to(self._root)]
        shown = [path.relative_to(self._root) for path in inside if path.is_file()]
        return tuple(path.as_posix() for path in shown if not _CACHES & set(path.parts))

    def forget(self) -> None:
        """Take every file for the author's again: they asked for a reload."""
        self._written.clear()
        self._named.clear()
        self._suspects.clear()
        self._in_a_row = 0

    def among(self, files: Iterable[Path], modules: Collection[Path]) -> tuple[Path, ...]:
        """The files that the author has saved. ``modules`` are what the bot has imported."""
        files = [f for f in files if f not in self._ours or self._ours[f] != _stamp(f)]
        own = [file for file in files if file in modules or not self._is_written(file)]
        for file in files:
            if file not in own:
                self._name(file)
        if not own:
            return ()
        doubtful = all(_is_data(file) or self._is_written(file) for file in own)
        if not doubtful or self._idle_seconds() > SOON_SECONDS:
            self._in_a_row = 0
            return tuple(own)
        self._in_a_row += 1
        if self._in_a_row > MOST_LOADS:
            self._suspect(own)
        return tuple(file for file in own if file not in self._suspects)

    def _is_written(self, file: Path) -> bool:
        return any(path in self._written for path in (file, *file.parents))

    def _name(self, file: Path) -> None:
        if file not in self._named and len(self._named) < _MOST_NAMED:
            self._named.add(file)
            name = self._shown(file)
            self._say(f"{name} is written by the bot itself: not reloading (r reloads)")

    def _shown(self, file: Path) -> str:
        inside = file.is_relative_to(self._root)
        return file.relative_to(self._root).as_posix() if inside else str(file)

    def _suspect(self, files: Iterable[Path]) -> None:
        for file in files:
            if file not in self._suspects:
                self._suspects.add(file)
                self._say(
                    f"{self._shown(file)} has caused {MOST_LOADS} reloads in a row while the bot "
                    "was at work: it or a program it starts seems to write it. Changes to it no "
                    "longer cause a reload (r reloads); to make this permanent, add it to "
                    ".gitignore."
                )


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _is_data(file: Path) -> bool:
    return file.suffix != ".py"
