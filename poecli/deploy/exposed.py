"""Keys in files that go where the repository goes."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from poecli.deploy.build import project_files
from poecli.errors import UsageError

_LARGEST_BYTES = 4 << 20  # nobody writes a key into a larger one by hand
_SECONDS = 20
_ENV = ".env"


def refuse_exposed(root: Path, keys: Iterable[str]) -> None:
    """Raises UsageError, with the file and without the key, where git tracks one of these keys."""
    wanted = [key.encode() for key in keys]
    for file in _tracked(root):
        if file.name == _ENV:
            name = file.relative_to(root)
            raise UsageError(
                f"git tracks {name}.",
                why="Its keys go wherever the repository goes.",
                hint=f"git rm --cached {name}, and create new keys if it was ever pushed.",
                id="key-exposed",
            )
        with contextlib.suppress(OSError):
            if file.stat().st_size <= _LARGEST_BYTES:
                content = file.read_bytes()
                if any(key in content for key in wanted):
                    raise _key_in(file, root)


def _key_in(file: Path, root: Path) -> UsageError:
    return UsageError(
        f"{file.relative_to(root)} contains a key of the bot's.",
        why="It goes wherever the repository and the image go.",
        hint="Create a new key, put it into .env, and read it from the environment.",
        id="key-exposed",
    )


def _tracked(root: Path) -> Iterator[Path]:
    """The files below that git tracks; where there is no git, all of the author's but .env."""
    # Looked up here: in the folder of the project Windows would take a git.exe that lies there.
    command = [shutil.which("git") or "no-git", "ls-files", "-z"]
    try:
        said = subprocess.check_output(
            command, cwd=root, stderr=subprocess.DEVNULL, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError):  # no repository; or a disk that is far away
        yield from (file for file in project_files(root) if not file.name.startswith(_ENV))
        return
    names = said.decode("utf-8", "surrogateescape").split("\0")
    yield from (root / name for name in names if name)
