"""A project's `.env` stays out of git: the keys in it are nobody else's.

What `.poe/` holds is kept out by a .gitignore of its own, which is written with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from poecli.scaffold import git
from poecli.source.folders import up_to_the_repository
from poecli.system_errors import reason_of

_ENV = ".env"
_IGNORE_FILE = ".gitignore"


def keep_env_private(root: Path, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
    """Have git ignore a project's .env, and warn of one that it tracks."""
    if done := _ignore(root):
        say(done)
    if _is_in_a_repository(root) and git.knows(root, "ls-files", "--error-unmatch", "--", _ENV):
        warn(
            "git tracks .env, so its keys go wherever the repository goes. To stop that: "
            "git rm --cached .env (and create new keys if it was ever pushed)."
        )


def _ignore(root: Path) -> str:
    """Add .env to the nearest .gitignore of a repository, if nothing ignores it yet.

    Says what was done; "" where there is nothing to do. Outside of a repository only a .gitignore
    that is there is added to.
    """
    file = _nearest_ignore_file(root)
    if not (_is_in_a_repository(root) or file.exists()) or _is_ignored(root, file):
        return ""
    try:
        _append(file)
    except OSError as error:
        done = f"it can't be written ({reason_of(error)})"
        return f"Add .env to {file}, to keep its keys out of git: {done}."
    return f".env was added to {file}: its keys stay out of git."


def _is_in_a_repository(root: Path) -> bool:
    return (up_to_the_repository(root)[-1] / ".git").exists()


def _nearest_ignore_file(root: Path) -> Path:
    files = [each / _IGNORE_FILE for each in up_to_the_repository(root)]
    return next(filter(Path.exists, files), files[0])


def _is_ignored(root: Path, file: Path) -> bool:
    # With --no-index, since a tracked file is never ignored, whatever .gitignore says.
    answer = git.knows(root, "check-ignore", "--quiet", "--no-index", "--", _ENV)
    if answer is not None:
        return answer
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = file.read_text("utf-8", errors="replace").splitlines()
    return any(fnmatch(_ENV, line.strip().lstrip("/")) for line in lines)


def _append(file: Path) -> None:
    before = file.read_bytes() if file.exists() else b""
    newline = b"\r\n" if b"\r\n" in before else b"\n"
    start = b"" if not before or before.endswith(b"\n") else newline
    with file.open("ab") as stream:
        stream.write(start + _ENV.encode() + newline)
