"""Where a project's symbolic links lead: what changes there has changed here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from poecli.source.ignore_rules import IgnoreRules

_MOST_STEPS = 40  # as Linux: a link that leads to more links leads nowhere
# inotify's watcher goes into linked folders by itself, and names what it finds by the link.
_FOLLOWED_BY_THE_SYSTEM = sys.platform == "linux"


class Links:
    """The links of a project among these paths, with each step of the way that they lead."""

    def __init__(self, root: Path, paths: Iterable[Path]) -> None:
        self._files: dict[Path, set[Path]] = {}  # a step -> the links that lead over it
        self._folders: dict[Path, set[Path]] = {}
        for path in paths:
            for step in _steps(path):
                if not step.is_dir():
                    self._files.setdefault(step, set()).add(path)
                # What is in the project has a name of its own.
                elif not (step.is_relative_to(root) or root.is_relative_to(step)):
                    self._folders.setdefault(step, set()).add(path)

    @property
    def steps(self) -> set[Path]:
        """What the links lead to, one after the other."""
        return {*self._files, *self._folders}

    @property
    def linked_folders(self) -> set[Path]:
        """The folders that links lead to, but for those that are watched anyway."""
        return set() if _FOLLOWED_BY_THE_SYSTEM else set(self._folders)

    def seen_as(self, path: Path) -> set[Path]:
        """The path itself, and the links by which it is known."""
        found = {path} | self._files.get(path, set())
        for step, links in self._folders.items():
            if path.is_relative_to(step):
                found |= {link / path.relative_to(step) for link in links}
        return found


def links_in(root: Path) -> list[Path]:
    """The links of a project, but for those in folders that hold nothing of the author's."""
    rules = IgnoreRules(root)
    found = []
    for parent, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not rules.is_never_code(Path(parent) / name)]
        paths = (Path(parent) / name for name in (*folders, *names))
        found += [path for path in paths if path.is_symlink()]
    return found


def _steps(path: Path) -> Iterator[Path]:
    """Each path a link leads to, one after the other; none for what is no link."""
    for _ in range(_MOST_STEPS):
        try:
            path = Path(os.path.normpath(path.parent.resolve() / path.readlink()))
        except OSError:  # not a link, or not there
            return
        yield path
