"""One Python file under all rules, until none of them finds anything to change."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

import libcst as cst
from libcst import metadata

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod
from poecli.upgrade.outcome import Edit, Note
from poecli.upgrade.rule import UpgradeRule
from poecli.upgrade.surroundings import ALONE, Surroundings

_MOST_ROUNDS = 5  # one rule may make work for another


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
    in_vain = 0  # rules, one after the other; once it is all of them, each has seen the last text
    for rule in islice(cycle(rules), _MOST_ROUNDS * len(rules)):
        in_vain = 0 if work.apply(rule) else in_vain + 1
        if in_vain == len(rules):
            break
    notes = {note for of_rule in work.notes.values() for note in of_rule}
    return UpgradedCode(
        work.code,
        tuple(sorted(set(work.edits), key=lambda edit: (edit.line, edit.rule))),
        tuple(sorted(notes, key=lambda note: (note.line, note.rule, note.what))),
        tuple(work.origin),
        frozenset(work.secrets),
    )


class _Work:
    """A text on its way from one rule to the next."""

    def __init__(self, code: bytes, around: Surroundings) -> None:
        self._around = around
        self.edits: list[Edit] = []
        self.notes: dict[str, list[Note]] = {}  # a rule's id -> what it said last
        self.secrets: set[str] = set()
        self.code = code
        self._parse()
        # Lines count from 1; the first place stands for "nowhere".
        self.origin = list(range(len(code.splitlines()) + 2))

    def _parse(self) -> None:
        self._wrapper = _parsed(self.code)
        self._text = self.code.decode(self._wrapper.module.encoding)
        self._source = PythonFile(self.code)

    def apply(self, rule: UpgradeRule) -> bool:
        """Whether the rule has changed the text."""
        self.notes[rule.id] = []
        if not rule.concerns(self._text):
            return False
        codemod: Codemod = rule.codemod(rule.id, self._source)
        codemod.around = self._around
        module = codemod.with_imports(self._wrapper.visit(codemod))
        self.notes[rule.id] = codemod.notes
        self.secrets |= codemod.secrets
        if not codemod.edits:
            return False
        self.edits += (replace(e, line=_at(self.origin, e.line)) for e in codemod.edits)
        before, self.code = self.code, module.bytes
        self.origin = _moved(self.origin, before, self.code)
        self._parse()
        return True


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
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        last = max(end - 1, start)  # that of all lines that are more than there were before
        lines = range(start, start + new_end - new_start)
        moved += [_at(origin, min(line, last) + 1) for line in lines]
    return [*moved, origin[-1]]


def _at(origin: Sequence[int], line: int) -> int:
    return origin[min(line, len(origin) - 1)]
