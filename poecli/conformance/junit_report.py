"""The report as JUnit XML, which CI systems show as tests: a suite for each bot, a case for a rule.

https://github.com/testmoapp/junitxml describes the form that is understood widely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from poecli.conformance.results import Outcome, Report, RuleResult
from poecli.protocol.rules import Level

# XML 1.0 can't hold these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(reports: Sequence[Report], level: Level) -> str:
    """Faults of ``level`` and stronger are failures; weaker ones pass, told in the output."""
    root = ET.Element("testsuites", name="poe check")
    for report in reports:
        _suite(root, report, level)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}'


def _suite(root: ET.Element, report: Report, level: Level) -> None:
    failures = {result.rule.id for result in report.failures(level)}
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_xml(report.target),
        tests=str(len(report.results)),
        failures=str(len(failures)),
        errors="0",
        skipped=str(len(report.of(Outcome.UNTESTED))),
        time=f"{report.seconds:.3f}",
    )
    for result in report.results:
        rule = result.rule
        case = ET.SubElement(
            suite, "testcase", name=rule.id, classname=f"poe.{rule.section.value}", time="0"
        )
        if result.outcome is Outcome.UNTESTED:
            ET.SubElement(case, "skipped", message=_xml(result.reason))
        elif rule.id in failures:
            kind = rule.level.value
            failure = ET.SubElement(case, "failure", message=rule.sentence, type=kind)
            failure.text = _xml(_told(result))
        elif result.outcome is Outcome.FAULT:
            ET.SubElement(case, "system-out").text = _xml(_told(result))


def _told(result: RuleResult) -> str:
    lines = [f"{finding.place} {finding.detail}".strip() for finding in result.findings]
    curls = [finding.sent.curl() for finding in result.findings if finding.sent][:1]
    return "\n".join([*lines, f"fix: {result.rule.fix}", *curls])


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)
