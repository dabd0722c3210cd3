"""Writes a project whole or not at all.

All files are written to a folder beside the target, on the same disk, and come into place by
renaming: one rename where the target is missing or empty, one for each file where it has content
or someone stands in it. A kill leaves at worst that folder, whose name begins with ``.poe-new-``;
a full disk or Ctrl-C leaves nothing.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from poecli.errors import UsageError
from poecli.scaffold.project_files import Executable
from poecli.suggestions import shown_path
from poecli.system_errors import explained

STAGING_PREFIX = ".poe-new-"
_SHOWN = 5


class CantWrite(UsageError):
    """The disk refuses: full, read-only, no permission."""

    id = "cant-write"


def check_target(target: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Raises UsageError where the files can't go without harm.

    With ``force`` a folder may have content, and files of the same name are replaced.
    """
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise UsageError(f"{target} exists and is not a folder.", hint="Choose another.")
    there = sorted(entry.name for entry in target.iterdir())
    if there and not force:
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        raise UsageError(
            f"{target} is not empty.",
            why=f"It contains {', '.join(there[:_SHOWN])}{more}.",
            hint="Choose another folder, or pass --force: it replaces files with the same name "
            "and deletes nothing.",
        )
    for path in files:
        _check_place(target, path)


def _check_place(target: Path, path: str) -> None:
    """With --force: a file goes where a file was, and never through a link out of the target."""
    place = target / path
    for folder in list(PurePosixPath(path).parents)[:-1]:
        between = target / folder
        if between.is_symlink() or (between.exists() and not between.is_dir()):
            raise UsageError(f"{between} exists and is not a folder.", hint="Move it away.")
    if place.is_dir() and not place.is_symlink():
        raise UsageError(f"{place} is a folder; a file must be written there.", hint="Move it.")


def write_project(target: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Put the files at the target. Raises UsageError as check_target does, CantWrite, and
    leaves nothing behind then.
    """
    check_target(target, files, force=force)
    target = target.resolve()
    made = _make_parents(target.parent)
    staging = _staging_place(target) / f"{STAGING_PREFIX}{secrets.token_hex(4)}"
    try:
        _write_all(staging, files)
        _move_into_place(staging, target, files)
    except OSError as error:
        _remove(staging, made)
        raise _cant_write(target, error) from error
    except BaseException:
        _remove(staging, made)
        raise


def _staging_place(target: Path) -> Path:
    """Beside the target, or within it where renaming from beside can't work."""
    parent = target.parent
    if not target.exists():
        return parent
    beside = os.access(parent, os.W_OK) and parent.stat().st_dev == target.stat().st_dev
    return parent if beside else target


def _make_parents(folder: Path) -> list[Path]:
    """Makes a folder and those above it; returns the new ones, deepest first."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove(folder / STAGING_PREFIX, missing)
        raise _cant_write(folder, error) from error
    return missing


def _write_all(staging: Path, files: Mapping[str, bytes]) -> None:
    staging.mkdir()
    for path, content in files.items():
        place = staging / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(content)
            file.flush()
            # Some disks say that they are full only now.
            os.fsync(file.fileno())
        if isinstance(content, Executable):
            place.chmod(place.stat().st_mode | 0o111)


def _move_into_place(staging: Path, target: Path, files: Mapping[str, bytes]) -> None:
    if _is_free(target):
        staging.rename(target)
        return
    for path in files:
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        (staging / path).replace(place)
    shutil.rmtree(staging, ignore_errors=True)


def _is_free(target: Path) -> bool:
    """True when a folder can be renamed to the target; an empty one gives way."""
    if not target.exists():
        return True
    # Whoever stands in a folder would stay in the removed one.
    if target == Path.cwd() or any(target.iterdir()):
        return False
    try:
        target.rmdir()
    except OSError:  # a mount point, or in use on Windows: the files go into it one by one
        return False
    return True


def _remove(staging: Path, made: list[Path]) -> None:
    shutil.rmtree(staging, ignore_errors=True)
    for folder in made:
        try:
            folder.rmdir()
        except OSError:  # not made after all, or someone else's file is in it by now
            return


def _cant_write(target: Path, error: OSError) -> CantWrite:
    return CantWrite(
        f"The project could not be written to {shown_path(target)}.",
        **explained(error, hint="Choose another folder."),
    )
