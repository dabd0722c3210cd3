"""The report for a person: faults first, each with what shows it and what mends it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from poecli.conformance.results import Measures, Outcome, Report, RuleResult
from poecli.protocol.rules.catalog import Level, Rule
from poecli.terminal.console import Console
from poecli.terminal.foreign import one_line

_MARKS = {Level.MUST: ("✗", "red"), Level.SHOULD: ("✗", "yellow"), Level.ADVICE: ("·", "blue")}
_MOST_FINDINGS = 3


def show(console: Console, report: Report, again: str) -> None:
    """Print the report to stdout. ``again`` is the command that checks the bot once more."""
    console.data("\n".join(_lines(console, report, again)))


def _lines(console: Console, report: Report, again: str) -> Iterator[str]:
    def styled(text: str, style: str) -> str:
        return console.styled(text, style, stream=console.stdout)

    yield f"{styled(one_line(report.target), 'bold')}"
    yield ""
    for result in report.of(Outcome.FAULT):
        mark, color = _MARKS[result.rule.level]
        flaky = f"  flaky: {result.seen} of {result.runs} runs" if result.flaky else ""
        name = styled(one_line(result.rule.id), "bold")
        yield f"{styled(mark, color)} {name} ({result.rule.level.value}){flaky}"
        yield from (f"    {line}" for line in _fault(result, again))
        yield ""
    for reason, rules in _untested(report).items():
        yield styled(f"? not tested: {one_line(reason)}", "dim")
        yield styled(f"    {one_line(', '.join(rules), width=2_000)}", "dim")
    yield _summary(report)
    if report.measures is not None:
        yield styled(_measures(report.measures), "dim")
    if any(_was_sent(result) for result in report.of(Outcome.FAULT)):
        yield styled(f"each request as a curl line: {again} --json", "dim")


def _fault(result: RuleResult, again: str) -> Iterator[str]:
    yield result.rule.sentence
    for finding in result.findings[:_MOST_FINDINGS]:
        place = f"{finding.place}: " if finding.place else ""
        yield f"seen: {one_line(place + finding.detail)}"
    more = len(result.findings) - _MOST_FINDINGS
    if more > 0:
        yield f"      and {more} more"
    yield f"fix:  {result.rule.fix}"
    if _was_sent(result):
        yield f"try:  {again} --only {result.rule.id}"
    yield f"from: {one_line(result.rule.source)}"


def _was_sent(result: RuleResult) -> bool:
    """Whether a request shows the fault, and not the source or a conversation."""
    return result.findings[0].sent is not None


def _untested(report: Report) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for result in report.of(Outcome.UNTESTED):
        reasons[result.reason].append(result.rule.id)
    return reasons


def _summary(report: Report) -> str:
    faults = report.of(Outcome.FAULT)
    counts = [
        f"{sum(result.rule.level is level for result in faults)} {level.value}" for level in Level
    ]
    return (
        f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'} ({', '.join(counts)}), "
        f"{len(report.of(Outcome.PASSED))} rules passed, "
        f"{len(report.of(Outcome.UNTESTED))} not tested, "
        f"{report.requests} requests in {report.seconds:.1f} s"
    )


def _measures(measures: Measures) -> str:
    first = "none" if measures.first_event_ms is None else f"{measures.first_event_ms:g} ms"
    return (
        f"plain question: first event {first}, whole {measures.total_ms:g} ms, "
        f"{measures.events} events, {measures.characters} characters"
    )


def explain(rule: Rule) -> str:
    """All there is to say about one rule."""
    return "\n".join(
        (
            f"{rule.id}  ({rule.level.value}, {rule.topic.value})",
            f"  {rule.sentence}",
            f"  fix:  {rule.fix}",
            f"  from: {rule.source}",
        )
    )
