"""Where a user's files belong, on each platform; the XDG variables win everywhere.

https://specifications.freedesktop.org/basedir-spec/latest/
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_APP = "poe"
_ROOT = Path(os.sep)


def typed_path(text: str) -> Path:
    """A path as a person types it: ``~`` is a user's folder, and ``~name`` of nobody a file's name.

    Path.expanduser raises RuntimeError for that, as for the ``~$report.docx`` of an office program.
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111 - see above


def home_folder() -> Path:
    """The folder of this user; the root for one without any, as Docker has it for a bare number."""
    home = typed_path("~")
    return home if home != Path("~") else _ROOT


@dataclass(frozen=True)
class UserFolders:
    """Folders of one user; none is made until something is written there."""

    config: Path
    data: Path
    state: Path
    cache: Path


_UNIX = {
    "config": ".config",
    "data": ".local/share",
    "state": ".local/state",
    "cache": ".cache",
}


def user_folders(
    env: Mapping[str, str], *, home: Path | None = None, platform: str = sys.platform
) -> UserFolders:
    """The folders for this user. ``env`` is the process's environment."""
    home = home or Path(env.get("HOME") or env.get("USERPROFILE") or home_folder())
    defaults = {kind: home / below for kind, below in _UNIX.items()}
    if platform == "darwin":
        support = home / "Library" / "Application Support"
        defaults = {"config": support, "data": support, "state": support}
        defaults["cache"] = home / "Library" / "Caches"
    elif platform == "win32":
        local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
        defaults = dict.fromkeys(_UNIX, local)
        defaults["config"] = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
    return UserFolders(
        **{
            kind: Path(env.get(f"XDG_{kind.upper()}_HOME") or default) / _APP
            for kind, default in defaults.items()
        }
    )
