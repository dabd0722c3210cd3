"""The report as GitHub workflow commands: annotations at file and line.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from poecli.conformance.results import Outcome, Report, Trouble
from poecli.protocol.rules.catalog import Level
from poecli.terminal.foreign import one_line

_COMMANDS = {Level.MUST: "error", Level.SHOULD: "warning", Level.ADVICE: "notice"}


def as_github(reports: Sequence[Report], trouble: Trouble | None = None) -> str:
    """A line for each finding. What has no line of its own is put on the bot's file."""
    lines = [line for report in reports for line in _lines(report)]
    if trouble is not None:
        text = one_line(f"{trouble.target}: {trouble.sentence}", width=2_000)
        lines.append(f"::error title={_property('poe check')}::{_message(text)}")
    return "\n".join(lines)


def _lines(report: Report) -> Iterator[str]:
    for result in report.of(Outcome.FAULT):
        for finding in result.findings:
            file, line = finding.location(report.file)
            rule = result.rule
            title = _property(f"{report.command}: {rule.id}")
            where = f"file={_property(file)},line={line},title={title}"
            text = f"{report.target}: {rule.sentence} Seen: {one_line(finding.detail)}. {rule.fix}"
            yield f"::{_COMMANDS[rule.level]} {where}::{_message(text)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
