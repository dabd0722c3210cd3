"""What warm workers depend on besides the author's files; when it changes they are made anew."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EnvironmentState:
    """A fingerprint: installed packages, the interpreter, and the project's ``.env``."""

    folders: tuple[tuple[str, int], ...]
    dotenv: tuple[tuple[str, str], ...]

    @classmethod
    def now(cls, dotenv: Mapping[str, str]) -> EnvironmentState:
        """As it stands. pip changes the folder of packages; a new interpreter its own file."""
        paths = {
            sysconfig.get_path("purelib"),
            sysconfig.get_path("platlib"),
            sys.executable,
            str(Path(sys.prefix) / "pyvenv.cfg"),
        }
        folders = tuple((path, _changed_at(Path(path))) for path in sorted(paths))
        return cls(folders, tuple(sorted(dotenv.items())))


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
