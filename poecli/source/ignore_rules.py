"""Which files of a project matter to its bot.

``.gitignore`` by its rules (https://git-scm.com/docs/gitignore), from the repository's root down,
and what no editor, cache or virtual environment should cause a reload with. Not by pathspec: there
``!*/`` lets every file in a folder back in, and ``*``, ``!*/``, ``!*.py`` leave nothing out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from poecli.source.folders import is_environment, up_to_the_repository

# Folders that are never the author's code.
_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".poe", ".venv", "venv", "env", "node_modules", "__pycache__",
     ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".idea", ".vscode",
     "site-packages", ".hypothesis", ".cache", "__pypackages__", "build", "dist", "target",
     "htmlcov", ".eggs", ".direnv", ".pixi", ".pytype", ".ipynb_checkpoints", ".history"}
)  # fmt: skip
# Editors' own files (Vim, Emacs, JetBrains, Kate, GNOME), what git and patch leave behind, NFS's
# removed files, caches, what bots write themselves, and what `poe sync-settings` writes.
_FILES = re.compile(
    r"""^(?: 4913 | \.\#.* | \#.*\# | .*~ | .*\.sw[a-z] | .*\.tmp | .*___jb_(?:tmp|old)___
      | \.goutputstream-.* | \.~lock\..*\# | .*\.kate-swp | .*\.py[co] | .*\.partial
      | .*\.(?:bak|orig|rej) | \.nfs[0-9a-f]+ | \.fuse_hidden.* | nohup\.out | coverage\.xml
      | .*\.(?:db|sqlite3?)(?:-journal|-wal|-shm)? | .*\.log | .*\.pid | \.coverage(?:\..*)?
      | \.DS_Store | poe\.lock\.json
    )$""",
    re.VERBOSE,
)
# Read by the bot's process, though projects rightly keep it out of git.
_ALWAYS = re.compile(r"^\.env(?:\..+)?$")


@dataclass(frozen=True)
class _Pattern:
    regex: re.Pattern[str]
    negated: bool
    folders_only: bool


class IgnoreRules:
    """The rules of one project folder as they stand: made anew for each batch of changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._patterns: dict[Path, list[_Pattern]] = {}
        self._never_code: dict[Path, bool] = {}

    @cached_property
    def _top(self) -> Path:
        """Where git's rules begin. They are not read for what changes below .poe at each turn.

        Somebody works on a bot in a folder that git leaves out: only what stands in it counts.
        """
        top = up_to_the_repository(self._root)[-1]
        return self._root if self._ignored_by_git(self._root, top, is_folder=True) else top

    def matters(self, file: Path) -> bool:
        """Whether a change of this file of the project may change what the bot does.

        One that is not there any more may have been a folder.
        """
        is_file = file.is_file()
        inner = _between(self._root, file)
        if any(map(self.is_never_code, inner if is_file else [file, *inner])):
            return False
        if _ALWAYS.match(file.name):
            return True
        return not (
            _FILES.match(file.name)
            or self._ignored_by_git(file, self._top, is_folder=False)
            or (not is_file and self._ignored_by_git(file, self._top, is_folder=True))
        )

    def files_in(self, folder: Path, wanted: Callable[[Path], bool]) -> Iterator[Path]:
        """Those wanted of the author's files in a folder of the project and below, in order."""
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(n for n in folders if not self.is_never_code(Path(parent, n)))
            for name in sorted(names):
                file = Path(parent, name)
                if wanted(file) and self.matters(file):
                    yield file

    def is_never_code(self, folder: Path) -> bool:
        """Whether a folder holds nothing of the author's, by its name or as an environment."""
        if folder not in self._never_code:
            self._never_code[folder] = (
                folder.name in _FOLDERS
                or folder.name.endswith(".egg-info")
                or is_environment(folder)
            )
        return self._never_code[folder]

    def _ignored_by_git(self, path: Path, top: Path, *, is_folder: bool) -> bool:
        """Git's own order: a folder that is left out takes all that is in it along."""
        return any(
            self._matches(parent, top, is_folder=True) for parent in reversed(_between(top, path))
        ) or self._matches(path, top, is_folder=is_folder)

    def _matches(self, path: Path, top: Path, *, is_folder: bool) -> bool:
        """The last pattern that matches wins, of the nearest file that has one."""
        if path == top or not path.is_relative_to(top):
            return False
        for folder in (*_between(top, path), top):
            name = "/".join(path.parts[len(folder.parts) :])
            for pattern in reversed(self._read(folder, top)):
                if (is_folder or not pattern.folders_only) and pattern.regex.match(name):
                    return not pattern.negated
        return False

    def _read(self, folder: Path, top: Path) -> list[_Pattern]:
        if folder not in self._patterns:
            lines = _lines(folder / ".gitignore")
            if folder == top:
                # A clone's own list is weaker than every .gitignore.
                lines = [*_lines(folder / ".git" / "info" / "exclude"), *lines]
            self._patterns[folder] = [pattern for line in lines for pattern in _parse(line)]
        return self._patterns[folder]


def _between(top: Path, path: Path) -> Sequence[Path]:
    """The folders around a path that are below ``top``, the nearest first."""
    depth = len(path.parts) - len(top.parts) - 1
    return path.parents[:depth] if depth > 0 and path.is_relative_to(top) else ()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return []


def _parse(line: str) -> list[_Pattern]:
    text = line.rstrip("\r\n")
    text = re.sub(r"(?<!\\)\s+$", "", text)
    if not text or text.startswith("#"):
        return []
    negated = text.startswith("!")
    text = text.removeprefix("!").removeprefix("\\")
    folders_only = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return []
    anchored = "/" in text
    prefix = "" if anchored else "(?:.*/)?"
    try:
        regex = re.compile(f"^{prefix}{_translate(text.lstrip('/'))}$")
    except re.error:  # a bracket git would not take either
        return []
    return [_Pattern(regex, negated, folders_only)]


_TOKENS = re.compile(r"\*\*/|/\*\*$|\*+|\?|\[!?[^\]]+\]|\\.|.", re.DOTALL)


def _translate(glob: str) -> str:
    out = []
    for piece in _TOKENS.findall(glob):
        if piece == "**/":
            out.append("(?:.*/)?")
        elif piece == "/**":
            out.append("/.*")
        elif piece.startswith("*"):
            out.append("[^/]*")
        elif piece == "?":
            out.append("[^/]")
        elif piece.startswith("[") and len(piece) > 1:
            out.append(re.sub(r"^\[!", "[^", piece))
        else:
            out.append(re.escape(piece[-1]))
    return "".join(out)
