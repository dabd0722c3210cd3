"""What a bot and its folder may be called."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from poecli.errors import UsageError

# The form at https://poe.com/create_bot: "4-20 characters, including letters, numbers, dashes,
# periods and underscores".
HANDLE_MIN = 4
HANDLE_MAX = 20
_HANDLE = re.compile(rf"[A-Za-z0-9_.-]{{{HANDLE_MIN},{HANDLE_MAX}}}")
HANDLE_RULE = (
    f"Poe allows {HANDLE_MIN} to {HANDLE_MAX} letters, digits, dashes, periods and underscores."
)

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file; refused on every system, since
# a project that can't be checked out on Windows is a trap for whoever shares it.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in "123456789"}
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_NAME_MAX_BYTES = 255  # ext4, APFS, NTFS


def check_handle(name: str) -> str:
    """The name itself. Raises UsageError where Poe would refuse it as a handle."""
    if not _HANDLE.fullmatch(name):
        near = suggest_handle(name)
        raise UsageError(
            f"{name!r} can't be the name of a bot.",
            why=HANDLE_RULE,
            hint=f"--name {near}" if near else "",
        )
    return name


def suggest_handle(text: str) -> str | None:
    """A handle made from any text, or None when too little of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    handle = re.sub(r"[^A-Za-z0-9_.]+", "-", plain).strip("-._")
    if len(handle) > HANDLE_MAX:
        head = handle[: HANDLE_MAX + 1]
        whole_words = re.sub(r"[-._][^-._]*$", "", head)
        handle = whole_words if len(whole_words) >= HANDLE_MIN else handle[:HANDLE_MAX]
        handle = handle[:HANDLE_MAX].strip("-._")
    return handle if _HANDLE.fullmatch(handle) else None


def handle_for(folder: Path) -> str:
    """The handle for a project in that folder. Raises UsageError when it gives none."""
    handle = suggest_handle(folder.name)
    if handle is None:
        raise UsageError(
            f"The folder's name {folder.name!r} can't be used as the name of the bot.",
            why=HANDLE_RULE,
            hint="--name NAME",
        )
    return handle


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
