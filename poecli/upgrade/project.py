"""A project's files, each brought up to date, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from poecli.errors import UsageError
from poecli.safe_files import write_whole
from poecli.source.ignore_rules import IgnoreRules
from poecli.source.python_file import PythonFile
from poecli.system_errors import reason_of, unusable
from poecli.upgrade.outcome import Edit, Note
from poecli.upgrade.python_code import InvalidPython, upgrade_code
from poecli.upgrade.requirements import OLD_PDF, is_requirements_file, upgrade_requirements
from poecli.upgrade.requirements import RULE as REQUIREMENTS
from poecli.upgrade.rule import UpgradeRule
from poecli.upgrade.surroundings import Surroundings

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
    return IgnoreRules(folder).files_in(folder, is_upgraded)


def is_upgraded(file: Path) -> bool:
    """Whether there are rules for files of this name."""
    return file.suffix in _PYTHON or is_requirements_file(file)


def upgrade_files(
    files: Iterable[Path], rules: Sequence[UpgradeRule]
) -> Iterator[UpgradedFile | SkippedFile]:
    """Those files that have something to change, or to say; requirements after the code."""
    in_order = sorted(files, key=is_requirements_file)
    keeps_pypdf2 = False
    for file in in_order:
        outcome: UpgradedFile | SkippedFile | None = None
        try:
            if file.is_symlink():
                outcome = _link(file, rules)
            elif not is_requirements_file(file):
                outcome = _upgraded_code(file, rules)
                keeps_pypdf2 = keeps_pypdf2 or _imports_pypdf2(file, outcome)
            elif any(rule.id == REQUIREMENTS for rule in rules):
                outcome = _upgraded_requirements(file, keeps_pypdf2=keeps_pypdf2)
        except InvalidPython as error:
            yield SkippedFile(file, error.line, f"is not valid Python: {error}")
        except OSError as error:
            yield SkippedFile(file, 0, f"can't be read: {reason_of(error)}")
        else:
            if outcome is not None:
                yield outcome


def _imports_pypdf2(file: Path, outcome: UpgradedFile | SkippedFile | None) -> bool:
    """Whether the file's code needs the old package, also once it is upgraded."""
    code = outcome.after if isinstance(outcome, UpgradedFile) else file.read_bytes()
    return OLD_PDF.encode() in code and OLD_PDF in PythonFile(code).packages


def _concerns(text: bytes, rules: Sequence[UpgradeRule]) -> bool:
    code = text.decode("utf-8", "replace")
    return any(rule.concerns(code) for rule in rules)


def _link(file: Path, rules: Sequence[UpgradeRule]) -> SkippedFile | None:
    """It is named, and not followed: somebody else may own what it leads to."""
    if not _concerns(file.read_bytes(), rules):
        return None
    return SkippedFile(file, 0, f"is a link: upgrade {file.resolve()}")


def _upgraded_code(file: Path, rules: Sequence[UpgradeRule]) -> UpgradedFile | SkippedFile | None:
    before = file.read_bytes()
    if not _concerns(before, rules):
        return None
    if len(before) > _TOO_LARGE:
        return SkippedFile(file, 0, "is larger than a megabyte")
    code = upgrade_code(before, rules, Surroundings.of(file))
    if not code.edits and not code.notes:
        return None
    return UpgradedFile(
        file, before, code.code, code.edits, code.old_notes(), code.notes, code.secrets
    )


def _upgraded_requirements(file: Path, *, keeps_pypdf2: bool) -> UpgradedFile | SkippedFile | None:
    before = file.read_bytes()
    try:
        text = before.decode()
    except UnicodeDecodeError:
        return SkippedFile(file, 0, "is not UTF-8")
    after, edits, notes = upgrade_requirements(text, file, keeps_pypdf2=keeps_pypdf2)
    if not edits and not notes:
        return None
    return UpgradedFile(file, before, after.encode(), tuple(edits), tuple(notes), tuple(notes))


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
        raise unusable(file.path, "written", error) from error
