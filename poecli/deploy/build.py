"""What tells one state of a project from another: a part of a hash of the author's files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from poecli.config.project import FILE_NAME
from poecli.source.ignore_rules import IgnoreRules
from poecli.system_errors import unusable

_CHARACTERS = 12
_BLOCK = 1 << 20


def build_of(root: Path) -> str:
    """The build of the files below a folder as they are now.

    Keys are none of it, nor poe.toml: a deploy writes the URL there. Raises UsageError for a file
    that can't be read.
    """
    found = hashlib.sha256()
    try:
        for file in project_files(root):
            if not file.name.startswith(".env") and file != root / FILE_NAME:
                name = file.relative_to(root).as_posix()
                found.update(name.encode("utf-8", "surrogateescape") + b"\0")
                _add(found, file)
    except OSError as error:
        raise unusable(error.filename or root, "read", error) from error
    return found.hexdigest()[:_CHARACTERS]


def _add(found: hashlib._Hash, file: Path) -> None:
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    found.update(b"\0")


def project_files(root: Path) -> Iterator[Path]:
    """The author's files below a folder, in order: what git ignores is none of them."""
    return IgnoreRules(root).files_in(root, Path.is_file)
