"""The report as JUnit XML, which CI systems show as tests: a suite for each bot, a case for a rule.

https://github.com/testmoapp/junitxml describes the form that is understood widely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from poecli.conformance.results import Outcome, Report, RuleResult, Trouble
from poecli.protocol.rules.catalog import Level
from poecli.terminal.foreign import clean, no_command, one_line

# XML 1.0 can't hold these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(reports: Sequence[Report], level: Level, trouble: Trouble | None = None) -> str:
    """Faults of ``level`` and stronger are failures; weaker ones pass, told in the output.

    ``trouble`` is an error in a suite of its own.
    """
    commands = {report.command: None for report in reports} or {"poe check": None}
    root = ET.Element("testsuites", name=" ".join(commands))
    for report in reports:
        _suite(root, report, level)
    if trouble is not None:
        _error(root, trouble)
    ET.indent(root)
    text = _NOT_XML.sub("\ufffd", ET.tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _error(root: ET.Element, trouble: Trouble) -> None:
    suite = ET.SubElement(
        root, "testsuite", name=trouble.target, tests="1", failures="0", errors="1", time="0"
    )
    case = ET.SubElement(suite, "testcase", name="check", classname="poe.check", time="0")
    lines = [trouble.sentence, *clean(trouble.detail).splitlines()]
    error = ET.SubElement(case, "error", message=one_line(trouble.message), type=trouble.id)
    error.text = "\n".join(map(no_command, lines))


def _suite(root: ET.Element, report: Report, level: Level) -> None:
    failures = {result.rule.id for result in report.failures(level)}
    suite = ET.SubElement(
        root,
        "testsuite",
        name=report.target,
        tests=str(len(report.results)),
        failures=str(len(failures)),
        errors="0",
        skipped=str(len(report.of(Outcome.UNTESTED))),
        time=f"{report.seconds:.3f}",
    )
    for result in report.results:
        rule = result.rule
        case = ET.SubElement(
            suite, "testcase", name=rule.id, classname=f"poe.{rule.topic.value}", time="0"
        )
        if result.outcome is Outcome.UNTESTED:
            ET.SubElement(case, "skipped", message=result.reason)
        elif rule.id in failures:
            kind = rule.level.value
            failure = ET.SubElement(case, "failure", message=rule.sentence, type=kind)
            failure.text = _told(result)
        elif result.outcome is Outcome.FAULT:
            ET.SubElement(case, "system-out").text = _told(result)


def _told(result: RuleResult) -> str:
    seen = [
        one_line(f"{finding.place} {finding.detail}", width=1_000) for finding in result.findings
    ]
    lines = [f"seen: {text}" for text in seen]
    curls = [finding.sent.curl() for finding in result.findings if finding.sent][:1]
    return "\n".join([*lines, f"fix: {result.rule.fix}", *curls])
