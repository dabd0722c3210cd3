"""What a sync came to, for a person or as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from poecli.protocol.rules.catalog import RULES
from poecli.settings_sync.outcome import Outcome
from poecli.terminal.console import Console
from poecli.terminal.foreign import one_line

_DONE = {
    "check": "as last synced",
    "dry-run": "nothing was sent (--dry-run)",
    "push": "synced: Poe has the local bot's settings",
    "fetch": "synced: Poe fetched the settings",
}
_MARKS = {"+": "green", "-": "red", "~": "yellow"}


def show(console: Console, outcome: Outcome) -> None:
    """One bot's outcome: changes and result on stdout, notes on stderr; its error is not shown."""
    for found in outcome.findings:
        rule = RULES[found.rule]
        console.say(f"{rule.level.value}: {one_line(found.detail)} ({rule.id}). {rule.fix}")
    for change in outcome.changes:
        line = one_line(str(change))
        console.data(f"  {console.styled(line, _MARKS[line[0]], stream=console.stdout)}")
    if outcome.error is None or outcome.synced:
        for note in outcome.notes:
            console.say(f"note: {one_line(note)}")
    if outcome.error is None:
        proof = " (its answer shows them)" if outcome.verified else ""
        console.data(f"{outcome.bot}: {_DONE[outcome.action]}{proof}")


def show_json(console: Console, outcomes: Sequence[Outcome]) -> None:
    """All outcomes as one object."""
    console.json({"type": "sync-settings", "bots": [outcome.as_json() for outcome in outcomes]})
