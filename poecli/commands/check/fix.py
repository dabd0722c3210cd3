"""`poe check --fix`: the rules of `poe upgrade` that mend what was found, where it was found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from poecli.commands.upgrade import show
from poecli.conformance.results import Outcome, Report
from poecli.terminal.console import Console
from poecli.upgrade.project import UpgradedFile, upgrade_files, write
from poecli.upgrade.rules.catalog import RULES


def fix_faults(console: Console, reports: Sequence[Report]) -> bool:
    """Change the files that the faults name; whether any was changed. Raises UsageError."""
    faults = [(report, result) for report in reports for result in report.of(Outcome.FAULT)]
    broken = {result.rule.id for _, result in faults}
    rules = [rule for rule in RULES if rule.fixes in broken]
    fixed = {rule.fixes for rule in rules}
    places = {
        Path(finding.location(report.file)[0])
        for report, result in faults
        if result.rule.id in fixed
        for finding in result.findings
    }
    outcomes = list(upgrade_files((path for path in sorted(places) if path.is_file()), rules))
    changed = [each for each in outcomes if isinstance(each, UpgradedFile) and each.edits]
    for each in changed:
        write(each)
    if outcomes:
        show.as_text(console, outcomes, written=True, again="")
    return bool(changed)
