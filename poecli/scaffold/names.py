"""What a bot and its folder may be called."""

from __future__ import annotations

import re
from pathlib import Path

from poecli.config.values import HANDLE_RULE, is_handle, suggest_handle
from poecli.errors import UsageError

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file; refused on every system, since
# a project that can't be checked out on Windows is a trap for whoever shares it.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in "123456789"}
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_NAME_MAX_BYTES = 255  # ext4, APFS, NTFS


def check_handle(name: str) -> str:
    """The name itself. Raises UsageError where Poe would refuse it as a handle."""
    if not is_handle(name):
        raise UsageError(
            f"{name!r} can't be the name of a bot.",
            why=HANDLE_RULE,
            hint=f"--name {suggest_handle(name)}",
        )
    return name


def renamed(folder: Path, handle: str) -> str:
    """A sentence on a bot that can't have its folder's name; "" where it has it."""
    if handle == folder.name:
        return ""
    why = f"{folder.name!r} is not a handle, --name changes it. {HANDLE_RULE}"
    return f"The bot is called {handle}: {why}"


def check_folder_name(name: str) -> None:
    """Raises UsageError for a folder name that some system can't hold."""
    problem = ""
    if found := _FORBIDDEN.search(name):
        problem = f"It contains the character {found[0]!r}, which Windows forbids."
    elif name.partition(".")[0].strip().casefold() in _RESERVED:
        problem = "Windows reserves this name for a device."
    elif name.endswith((".", " ")):
        problem = "Windows drops a period or a space at the end of a name."
    elif len(name.encode("utf-8", "surrogateescape")) > _NAME_MAX_BYTES:
        problem = f"It is longer than {_NAME_MAX_BYTES} bytes."
    if problem:
        raise UsageError(
            f"{name!r} can't be the name of a folder.", why=problem, hint="Choose another folder."
        )
