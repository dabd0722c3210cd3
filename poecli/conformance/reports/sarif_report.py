"""The report as SARIF 2.1.0, which code scanning shows beside the lines it is about.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from poecli import __version__
from poecli.conformance.results import Finding, Outcome, Report, RuleResult, Trouble
from poecli.protocol.rules.catalog import Level, Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.ADVICE: "note"}


def as_sarif(reports: Sequence[Report], trouble: Trouble | None = None) -> dict[str, Any]:
    """One run for all bots. What has no line of its own is put on the bot's file.

    ``trouble`` makes it an invocation that did not succeed.
    """
    faults = [(report, result) for report in reports for result in report.of(Outcome.FAULT)]
    rules = list({result.rule.id: result.rule for _, result in faults}.values())
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "poe check",
                        "version": __version__,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [_invocation(trouble)],
                "results": [
                    _result(report, result, finding)
                    for report, result in faults
                    for finding in result.findings
                ],
            }
        ],
    }


def _invocation(trouble: Trouble | None) -> dict[str, Any]:
    if trouble is None:
        return {"executionSuccessful": True}
    told = {"level": "error", "message": {"text": trouble.sentence}}
    return {"executionSuccessful": False, "toolExecutionNotifications": [told]}


def _rule(rule: Rule) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
    }
    if rule.source.startswith("https://"):
        described["helpUri"] = rule.source
    return described


def _result(report: Report, result: RuleResult, finding: Finding) -> dict[str, Any]:
    file, line = finding.location(report.file)
    return {
        "ruleId": result.rule.id,
        "level": _LEVELS[result.rule.level],
        "message": {"text": f"{report.target}: {result.rule.sentence} Seen: {finding.detail}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file)},
                    "region": {"startLine": line},
                }
            }
        ],
    }
