"""The report for programs: one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from poecli.conformance.results import Finding, Outcome, Report, RuleResult, Trouble
from poecli.protocol.rules.catalog import Level


def as_json(report: Report, level: Level) -> dict[str, Any]:
    """``ok`` is what decides the exit code: no fault of ``level`` or stronger."""
    return {
        "v": 1,
        "type": "check",
        "target": report.target,
        "ok": not report.failures(level),
        "faults": [_fault(result) for result in report.of(Outcome.FAULT)],
        "untested": [
            {"rule": result.rule.id, "reason": result.reason}
            for result in report.of(Outcome.UNTESTED)
        ],
        "passed": [result.rule.id for result in report.of(Outcome.PASSED)],
        "measures": asdict(report.measures) if report.measures else None,
        "requests": report.requests,
        "seconds": round(report.seconds, 3),
        "error": None,
    }


def trouble_as_json(trouble: Trouble) -> dict[str, Any]:
    """The same object for a check that did not come to its end: nothing is known but why."""
    told = {key: value for key, value in asdict(trouble).items() if key not in ("target", "detail")}
    nothing = Report(trouble.target, (), None, 0, 0.0)
    return {**as_json(nothing, Level.ADVICE), "ok": False, "error": told}


def _fault(result: RuleResult) -> dict[str, Any]:
    return {
        "rule": result.rule.id,
        "level": result.rule.level.value,
        "sentence": result.rule.sentence,
        "fix": result.rule.fix,
        "source": result.rule.source,
        "seen": result.seen,
        "runs": result.runs,
        "findings": [_finding(finding) for finding in result.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "detail": finding.detail,
        "place": finding.place or None,
        "curl": finding.sent.curl() if finding.sent else None,
    }
