"""A project's files, each brought up to date, and written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from poecli.errors import UsageError
from poecli.safe_files import write_whole
from poecli.source.ignore_rules import IgnoreRules
from poecli.upgrade.outcome import Edit, Note
from poecli.upgrade.python_code import InvalidPython, upgrade_code
from poecli.upgrade.rule import UpgradeRule

_PYTHON = (".py", ".pyw")
_TOO_LARGE = 1_000_000  # bytes; nobody writes such a bot by hand


@dataclass(frozen=True)
class UpgradedFile:
    """A file before and after. The notes are by the lines before, ``new_notes`` by those after.

    ``secrets`` are keys in the old text, which are never shown.
    """

    path: Path
    before: bytes
    after: bytes
    edits: tuple[Edit, ...]
    notes: tuple[Note, ...]
    new_notes: tuple[Note, ...]
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SkippedFile:
    """A file that can't be upgraded, and why; ``line`` is 0 where there is none to name."""

    path: Path
    line: int
    why: str


def project_files(folder: Path) -> Iterator[Path]:
    """The author's own files in a folder and below: nothing that git ignores, no environment."""
    rules = IgnoreRules(folder)
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not rules.is_never_code(Path(parent, each)))
        for name in sorted(names):
            file = Path(parent, name)
            if is_upgraded(file) and rules.matters(file):
                yield file


def is_upgraded(file: Path) -> bool:
    """Whether there are rules for files of this name."""
    return file.suffix in _PYTHON


def upgrade_files(
    files: Iterable[Path], rules: Sequence[UpgradeRule]
) -> Iterator[UpgradedFile | SkippedFile]:
    """Those files that have something to change, or to say."""
    for file in files:
        try:
            outcome = _upgraded(file, rules)
        except InvalidPython as error:
            yield SkippedFile(file, error.line, f"is not valid Python: {error}")
        except OSError as error:
            yield SkippedFile(file, 0, f"can't be read: {error.strerror or error}")
        else:
            if outcome is not None:
                yield outcome


def _upgraded(file: Path, rules: Sequence[UpgradeRule]) -> UpgradedFile | SkippedFile | None:
    before = file.read_bytes()
    if not any(word.encode() in before for rule in rules for word in rule.words):
        return None
    if file.is_symlink():
        return SkippedFile(file, 0, f"is a link: upgrade {file.resolve()}")
    if len(before) > _TOO_LARGE:
        return SkippedFile(file, 0, "is larger than a megabyte")
    code = upgrade_code(before, rules)
    if not code.edits and not code.notes:
        return None
    return UpgradedFile(
        file, before, code.code, code.edits, code.old_notes(), code.notes, code.secrets
    )


def write(file: UpgradedFile) -> None:
    """Put the new text in the old one's place. Raises UsageError."""
    try:
        if file.path.read_bytes() != file.before:
            raise UsageError(
                f"{file.path} was changed meanwhile, and is left as it is.",
                hint="poe upgrade --write",
            )
        write_whole(file.path, file.after, private=False)
    except OSError as error:
        raise UsageError(f"{file.path} can't be written.", why=str(error)) from error
