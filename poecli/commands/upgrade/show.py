"""An upgrade as people and programs read it: the diff to stdout, words to stderr; or JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from poecli.terminal.console import Console
from poecli.upgrade.diff import unified
from poecli.upgrade.project import SkippedFile, UpgradedFile
from poecli.upgrade.rules.catalog import RULES

_Outcomes = Sequence[UpgradedFile | SkippedFile]
_TITLES = {rule.id: rule.title for rule in RULES}
_STYLES = {"+++": "bold", "---": "bold", "@": "cyan", "+": "green", "-": "red"}


def as_text(console: Console, outcomes: _Outcomes, *, written: bool, again: str) -> None:
    """The diff, unless it was written; the rules behind it, and what is left to do."""
    changed = [each for each in outcomes if isinstance(each, UpgradedFile) and each.edits]
    for file in changed:
        if not written:
            _diff(console, file)
    for file in changed:
        console.say(f"{_path(file)}{' is upgraded:' if written else ':'}", style="bold")
        for rule, lines in _by_rule(file).items():
            console.say(f"  {_TITLES[rule]} ({_lines(lines)}; {rule})")
    if left := [line for each in outcomes for line in _left(each, written=written)]:
        console.say("Left to you:", style="bold")
        for line in left:
            console.say(f"  {line}")
    if not outcomes:
        console.say("Nothing to upgrade.")
    elif changed and not written:
        console.say(f"To change {_count(changed)}: {again}")


def _diff(console: Console, file: UpgradedFile) -> None:
    for line in unified(file.before, file.after, _path(file), file.secrets):
        style = next((style for mark, style in _STYLES.items() if line.startswith(mark)), "")
        # What is no terminal gets the line as it is, control codes and all: patch reads it.
        painted = console.styled(line, style, stream=console.stdout)
        console.data(painted if console.stdout_is_terminal else line)


def _by_rule(file: UpgradedFile) -> dict[str, list[int]]:
    """The rules that changed it, in the order of the file, with the lines of each."""
    lines: dict[str, list[int]] = {}
    for edit in file.edits:
        lines.setdefault(edit.rule, []).append(edit.line)
    return lines


def _lines(lines: Sequence[int]) -> str:
    return f"line{'s' if len(set(lines)) > 1 else ''} {', '.join(map(str, dict.fromkeys(lines)))}"


def _left(outcome: UpgradedFile | SkippedFile, *, written: bool) -> Iterator[str]:
    path = _path(outcome)
    if isinstance(outcome, SkippedFile):
        yield f"{path}{f':{outcome.line}' if outcome.line else ''} {outcome.why}"
        return
    for edit in outcome.edits:
        if edit.then:
            yield f"{path}:{edit.line}: {edit.then}"
    for note in outcome.new_notes if written else outcome.notes:
        yield f"{path}:{note.line}: {note.what} ({note.rule})"


def _path(outcome: UpgradedFile | SkippedFile) -> str:
    """As a person here would type it, with slashes."""
    try:
        return Path(os.path.relpath(outcome.path)).as_posix()
    except ValueError:  # another drive of Windows
        return outcome.path.as_posix()


def _count(files: Sequence[UpgradedFile]) -> str:
    return "this file" if len(files) == 1 else f"these {len(files)} files"


def as_json(console: Console, outcomes: _Outcomes, *, written: bool) -> None:
    """One object with everything in it."""
    console.json(
        {
            "type": "upgrade",
            "written": written,
            "files": [_as_json(each, written=written) for each in outcomes],
        }
    )


def _as_json(outcome: UpgradedFile | SkippedFile, *, written: bool) -> dict[str, Any]:
    path = _path(outcome)
    if isinstance(outcome, SkippedFile):
        return {"path": path, "skipped": outcome.why, "line": outcome.line or None}
    diff = "\n".join(unified(outcome.before, outcome.after, path, outcome.secrets))
    notes = outcome.new_notes if written else outcome.notes
    return {
        "path": path,
        "edits": [
            {"rule": e.rule, "line": e.line, "message": _TITLES[e.rule], "then": e.then}
            for e in outcome.edits
        ],
        "notes": [{"rule": n.rule, "line": n.line, "message": n.what} for n in notes],
        "diff": f"{diff}\n" if diff else "",
    }
