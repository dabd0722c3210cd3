"""``poe.lock.json``: the settings last synced, by Poe and by bot. No keys, no times: it is for git.

{"v": 1, "synced": {"https://api.poe.com": {"my-bot": {"response_version": 2, …}}}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.errors import ProjectFileError, UsageError
from poecli.safe_files import write_whole

FILE_NAME = "poe.lock.json"
_VERSION = 1

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Lock:
    """The lock file's content; ``synced`` maps a Poe's base URL and a handle to settings."""

    file: Path
    synced: Mapping[str, Mapping[str, Settings]]

    def settings_of(self, base_url: str, bot: str) -> Settings | None:
        """What was last synced; None before the first time."""
        return self.synced.get(base_url, {}).get(bot)

    def recording(self, base_url: str, bot: str, settings: Settings) -> Lock:
        """The lock with one bot's settings as synced now; a null says no more than its absence."""
        said = {name: value for name, value in settings.items() if value is not None}
        bots = {**self.synced.get(base_url, {}), bot: said}
        return Lock(self.file, {**self.synced, base_url: bots})

    def write(self) -> None:
        """Write the file whole or not at all. Raises UsageError when it can't be written."""
        text = json.dumps(
            {"v": _VERSION, "synced": self.synced}, indent=2, sort_keys=True, ensure_ascii=False
        )
        try:
            write_whole(self.file, f"{text}\n".encode(), private=False)  # it belongs in git
        except OSError as error:
            raise UsageError(
                f"The settings were synced, but {self.file} can't be written.", why=str(error)
            ) from error


def read_lock(root: Path) -> Lock:
    """The project's lock; an empty one when there is no file. Raises ProjectFileError."""
    file = root / FILE_NAME
    try:
        values = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Lock(file, {})
    except (OSError, ValueError) as error:
        raise _broken(file, str(error)) from error
    if not isinstance(values, dict) or values.get("v") != _VERSION:
        raise _broken(file, f"It is not of version {_VERSION}.")
    synced = values.get("synced")
    if not isinstance(synced, dict) or not all(
        isinstance(bots, dict) and all(isinstance(s, dict) for s in bots.values())
        for bots in synced.values()
    ):
        raise _broken(file, "'synced' does not map each Poe to bots and their settings.")
    return Lock(file, synced)


def _broken(file: Path, why: str) -> ProjectFileError:
    return ProjectFileError(
        f"{file} can't be read.",
        why=why,
        hint="Restore it from git, or delete it and sync again.",
    )
