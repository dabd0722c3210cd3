"""What to do with the bots, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poecli.client.bot_query import Retry
from poecli.client.platform_api import SETTINGS_SECONDS
from poecli.errors import PoeCliError
from poecli.protocol.reply import Violation
from poecli.settings_sync.changes import Change
from poecli.settings_sync.diagnosis import Candidate
from poecli.settings_sync.findings import finding_as_json

WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class SyncOptions:
    """What to do with each bot. Times are in seconds; ``check`` and ``dry_run`` change nothing.

    ``force`` syncs settings that break a rule.
    """

    base_url: str
    root: Path
    push: bool = False
    check: bool = False
    dry_run: bool = False
    force: bool = False
    wait_for: str | None = None
    seconds: float = SETTINGS_SECONDS
    wait_seconds: float = WAIT_SECONDS
    retry: Retry = field(default_factory=Retry)

    @property
    def action(self) -> str:
        """The word for what is done: check, dry-run, push or fetch."""
        if self.check:
            return "check"
        if self.dry_run:
            return "dry-run"
        return "push" if self.push else "fetch"


@dataclass
class Outcome:
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
    candidates: list[Candidate] = field(default_factory=list)
    error: PoeCliError | None = None

    def as_json(self) -> dict[str, Any]:
        """The outcome as a JSON object."""
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
            "candidates": [candidate.as_json() for candidate in self.candidates],
            "error": self.error.as_json() if self.error else None,
        }
