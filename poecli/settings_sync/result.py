"""What a sync came to, and how it is told: to a person, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from poecli.errors import PoeCliError
from poecli.protocol.reply import Violation
from poecli.protocol.rules.catalog import RULES
from poecli.settings_sync.drift import Change
from poecli.settings_sync.poe_answer import Cause
from poecli.settings_sync.sources import finding_as_json
from poecli.terminal.console import Console
from poecli.terminal.foreign import one_line

_DONE = {
    "check": "as last synced",
    "dry-run": "nothing was sent (--dry-run)",
    "push": "synced: Poe has the local bot's settings",
    "fetch": "synced: Poe fetched the settings",
}
_MARKS = {"+": "green", "-": "red", "~": "yellow"}


@dataclass
class SyncResult:
    """What came of one bot; filled step by step, so that a failure keeps what was learned.

    ``source`` says whose settings were read, empty when nobody's could be; ``verified`` is True
    when Poe's echo shows them, False when it shows others, None when it can't be told.
    """

    bot: str
    action: str
    source: str = ""
    first_time: bool = False
    findings: list[Violation] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    synced: bool = False
    verified: bool | None = None
    not_stored: list[Change] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    error: PoeCliError | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "bot": self.bot,
            "action": self.action,
            "ok": self.error is None,
            "synced": self.synced,
            "verified": self.verified,
            "source": self.source or None,
            "first_time": self.first_time,
            "findings": [finding_as_json(found) for found in self.findings],
            "changes": [change.as_json() for change in self.changes],
            "not_stored": [change.as_json() for change in self.not_stored],
            "notes": self.notes,
            "candidates": [cause.as_json() for cause in self.causes],
            "error": self.error.as_json() if self.error else None,
        }


def show(console: Console, result: SyncResult) -> None:
    """One bot's result: changes and proof on stdout, notes and its error on stderr."""
    for found in result.findings:
        rule = RULES[found.rule]
        console.say(f"{rule.level.value}: {one_line(found.detail)} ({rule.id}). {rule.fix}")
    for change in result.changes:
        line = one_line(str(change))
        console.data(f"  {console.styled(line, _MARKS[line[0]], stream=console.stdout)}")
    if result.error is None or result.synced:
        for note in result.notes:
            console.say(f"note: {one_line(note)}")
    if result.error is None:
        proof = " (its answer shows them)" if result.verified else ""
        console.data(f"{result.bot}: {_DONE[result.action]}{proof}")
    else:
        console.show_error(result.error)


def show_json(console: Console, results: Sequence[SyncResult]) -> None:
    """All results as one object; each error also on stderr."""
    console.json({"type": "sync-settings", "bots": [result.as_json() for result in results]})
    for result in results:
        if result.error is not None:
            console.show_error(result.error)
