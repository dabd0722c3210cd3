"""One Python file under all rules, until none of them finds anything to change."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst
from libcst import metadata

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod
from poecli.upgrade.outcome import Edit, Note
from poecli.upgrade.rule import UpgradeRule
from poecli.upgrade.surroundings import ALONE, Surroundings

_MOST_ROUNDS = 5  # one rule may make work for another; a round without an edit is the last


class InvalidPython(ValueError):
    """The text is not valid Python; ``line`` is where reading it ended, 0 for nowhere."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True)
class UpgradedCode:
    """The new text; edits by lines of the old text, notes by those of the new.

    ``origin`` says for each line of the new text which line of the old one it was. ``secrets`` are
    keys that stand in the old text.
    """

    code: bytes
    edits: tuple[Edit, ...] = ()
    notes: tuple[Note, ...] = ()
    origin: tuple[int, ...] = ()
    secrets: frozenset[str] = frozenset()

    def old_notes(self) -> tuple[Note, ...]:
        """The notes by the lines of the old text."""
        return tuple(replace(note, line=_at(self.origin, note.line)) for note in self.notes)


def upgrade_code(
    code: bytes, rules: Sequence[UpgradeRule], around: Surroundings = ALONE
) -> UpgradedCode:
    """Raises InvalidPython."""
    work = _Work(code, around)
    for _ in range(_MOST_ROUNDS):
        before = len(work.edits)
        work.notes = []
        for rule in rules:
            work.apply(rule)
        if len(work.edits) == before:
            break
    return UpgradedCode(
        work.code,
        tuple(sorted(set(work.edits), key=lambda edit: (edit.line, edit.rule))),
        tuple(sorted(set(work.notes), key=lambda note: (note.line, note.rule, note.what))),
        tuple(work.origin),
        frozenset(work.secrets),
    )


class _Work:
    """A text on its way from one rule to the next."""

    def __init__(self, code: bytes, around: Surroundings) -> None:
        self._around = around
        self.edits: list[Edit] = []
        self.notes: list[Note] = []
        self.secrets: set[str] = set()
        self.code = code
        self._wrapper = _parsed(code)
        self._source = PythonFile(code)
        # Lines count from 1; the first place stands for "nowhere".
        self.origin = list(range(len(code.splitlines()) + 2))

    def apply(self, rule: UpgradeRule) -> None:
        if not rule.concerns(self._wrapper.module.code):
            return
        codemod: Codemod = rule.codemod(rule.id, self._source)
        codemod.around = self._around
        module = codemod.with_imports(self._wrapper.visit(codemod))
        self.notes += codemod.notes
        self.secrets |= codemod.secrets
        if not codemod.edits:
            return
        self.edits += (replace(e, line=_at(self.origin, e.line)) for e in codemod.edits)
        self.origin = _moved(self.origin, self.code, module.bytes)
        self.code = module.bytes
        self._wrapper = _parsed(self.code)
        self._source = PythonFile(self.code)


def _parsed(code: bytes) -> metadata.MetadataWrapper:
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        raise InvalidPython(error.message, error.raw_line) from error
    except (UnicodeError, LookupError, RecursionError) as error:
        raise InvalidPython(str(error)) from error
    if module.bytes != code:
        raise InvalidPython("it can't be written back as it was")
    return metadata.MetadataWrapper(module, unsafe_skip_copy=True)  # just parsed: no node twice


def _moved(origin: Sequence[int], before: bytes, after: bytes) -> list[int]:
    """``origin`` for the text after a change."""
    old, new = before.splitlines(), after.splitlines()
    moved = [0]
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        for number in range(new_end - new_start):
            place = start + number if kind in {"equal", "replace"} else start
            moved.append(_at(origin, min(place, max(end - 1, start)) + 1))
        del new_start
    return [*moved, origin[-1]]


def _at(origin: Sequence[int], line: int) -> int:
    return origin[min(line, len(origin) - 1)]
