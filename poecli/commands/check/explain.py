"""`poe check --explain`: what a rule asks for, and how to keep it."""

from __future__ import annotations

from dataclasses import asdict

from poecli.conformance.reports import text_report
from poecli.errors import ExitCode, UsageError
from poecli.protocol.rules.catalog import RULES
from poecli.suggestions import closest
from poecli.terminal.console import Console


def explain_rules(console: Console, name: str) -> int:
    """Print one rule, or all. Raises UsageError for one that does not exist."""
    if name != "all" and name not in RULES:
        near = closest(name, RULES)
        raise UsageError(
            f"There is no rule {name!r}.",
            hint=f"poe check --explain {near or 'all'}",
            id="no-such-rule",
        )
    rules = list(RULES.values()) if name == "all" else [RULES[name]]
    for rule in rules:
        if console.json_mode:
            fields = asdict(rule) | {"level": rule.level.value}
            fields["section"] = fields.pop("topic").value
            console.json({"type": "rule", **fields})
        else:
            console.data(text_report.explain(rule))
    return ExitCode.DONE
