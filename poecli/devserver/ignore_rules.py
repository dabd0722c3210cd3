"""Which files of a project matter to its bot.

``.gitignore`` by its rules (https://git-scm.com/docs/gitignore), and what no editor, cache or
virtual environment should cause a reload with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Folders that are never the author's code.
_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".poe", ".venv", "venv", "env", "node_modules", "__pycache__",
     ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".idea", ".vscode",
     "site-packages", ".hypothesis", ".cache"}
)  # fmt: skip
# Editors' own files (Vim, Emacs, JetBrains, Kate, GNOME), caches, what bots write themselves, and
# what `poe sync-settings` writes.
_FILES = re.compile(
    r"""^(?: 4913 | \.\#.* | \#.*\# | .*~ | .*\.sw[a-z] | .*\.tmp | .*___jb_(?:tmp|old)___
      | \.goutputstream-.* | \.~lock\..*\# | .*\.kate-swp | .*\.py[co] | .*\.partial
      | .*\.(?:db|sqlite3?)(?:-journal|-wal|-shm)? | .*\.log | .*\.pid | \.coverage.* | \.DS_Store
      | poe\.lock\.json
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
    """The rules of one project folder, read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._patterns: dict[Path, list[_Pattern]] = {}

    def matters(self, file: Path) -> bool:
        """Whether a change of this file may change what the bot does."""
        try:
            relative = file.relative_to(self._root)
        except ValueError:
            return not _FILES.match(file.name)
        if any(part in _FOLDERS or part.endswith(".egg-info") for part in relative.parts[:-1]):
            return False
        if _ALWAYS.match(file.name):
            return True
        return not _FILES.match(file.name) and not self._ignored_by_git(relative)

    def forget(self) -> None:
        """Read the ``.gitignore`` files anew when next asked."""
        self._patterns.clear()

    def _ignored_by_git(self, relative: Path) -> bool:
        """Git's own order: the file or any folder above it, the last pattern that matches wins."""
        parts = relative.parts
        return any(
            self._matches(Path(*parts[:depth]), is_folder=depth < len(parts))
            for depth in range(1, len(parts) + 1)
        )

    def _matches(self, relative: Path, *, is_folder: bool) -> bool:
        ignored = False
        for folder in reversed(relative.parents):
            inner = PurePosixPath(*relative.parts[len(folder.parts) :]).as_posix()
            for pattern in self._read(folder):
                if (is_folder or not pattern.folders_only) and pattern.regex.match(inner):
                    ignored = not pattern.negated
        return ignored

    def _read(self, folder: Path) -> list[_Pattern]:
        if folder not in self._patterns:
            try:
                text = (self._root / folder / ".gitignore").read_text("utf-8", errors="replace")
            except OSError:
                text = ""
            self._patterns[folder] = [p for line in text.splitlines() for p in _parse(line)]
        return self._patterns[folder]


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
