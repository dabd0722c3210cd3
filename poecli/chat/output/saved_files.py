"""Files that a bot sent, saved here under names that can do no harm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from poecli.client.exchange import download
from poecli.client.http import Session
from poecli.errors import PoeCliError, UsageError
from poecli.protocol.events import File
from poecli.suggestions import shown_path
from poecli.system_errors import explained
from poecli.terminal.console import Console

_UNSAFE = re.compile(r"[^\w.+=,@ ()\-]", re.ASCII)
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 150


def safe_name(name: str) -> str:
    """A bot's file name without folders, control codes and what a file system refuses."""
    last = re.split(r"[/\\]", name)[-1]
    safe = _UNSAFE.sub("_", last).strip(" .")[-_LONGEST:].strip(" .")
    return f"_{safe}" if not safe or _RESERVED.match(safe) else safe


async def save_files(
    files: Sequence[File], folder: Path, session: Session, console: Console
) -> list[Path]:
    """Fetch each file into ``folder``; nothing there is overwritten.

    Raises UsageError when the folder can't be written to, and the last error of a fetch once all
    were tried.
    """
    saved, failed = [], None
    for file in files:
        try:
            data = await download(file.url, session)
        except PoeCliError as error:
            console.warn(f"{safe_name(file.name)}: {error.message}")
            failed = error
            continue
        saved.append(_write(folder, safe_name(file.name), data))
        console.say(f"saved {saved[-1]} ({size_shown(len(data))})")
    if failed is not None:
        raise failed
    return saved


def _write(folder: Path, name: str, data: bytes) -> Path:
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = folder / (name if number == 1 else f"{stem}-{number}{dot}{ending}")
            try:
                with path.open("xb") as stream:
                    stream.write(data)
            except FileExistsError:
                continue
            return path
    except OSError as error:
        message = f"{name} can't be saved in {shown_path(folder)}."
        raise UsageError(message, **explained(error, hint="--save-files FOLDER")) from error
    raise UsageError(f"{folder} has too many files named {name}.", hint="Choose another folder.")


def size_shown(size: int) -> str:
    """A number of bytes as a person reads it."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - decimal units
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"  # noqa: PLR2004
