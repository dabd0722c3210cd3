"""Each turn as it comes out, and the sum at the end, in the form that was asked for."""

from __future__ import annotations

from typing import Protocol

from poecli.conformance.replays.replayed import Replayed, Tally, times
from poecli.conformance.reports.github_report import as_github
from poecli.conformance.reports.junit_report import as_junit
from poecli.conformance.results import Outcome, Report, RuleResult, Trouble
from poecli.protocol.rules.catalog import Level
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean

_COMMAND = "poe replay"
_MARKS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAULT: ("✗", "red"),
    Outcome.UNTESTED: ("?", "dim"),
}


class Printer(Protocol):
    """Shows a run."""

    def turn(self, replayed: Replayed) -> None:
        """One turn has come out."""

    def end(self, tally: Tally, seconds: float, trouble: Trouble | None) -> None:
        """The run is over; ``trouble`` kept it from its end."""


class TextPrinter:
    """For a person: a line a turn, and below it what differs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def turn(self, replayed: Replayed) -> None:
        """Its differences, or how long it took."""
        console = self._console
        mark, color = _MARKS[replayed.outcome]
        accepted = " (accepted)" if replayed.accepted and replayed.differences else ""
        ratio = "" if replayed.ratio is None else f"  {times(replayed.ratio)}x the time"
        head = console.styled(mark, color, stream=console.stdout)
        console.data(f"{head} {self._plain(f'{replayed.label}{ratio}{accepted}')}")
        if replayed.untested:
            console.data(self._plain(f"    not tested: {replayed.untested}"))
        for difference in replayed.differences:
            name = console.styled(clean(difference.what), "bold", stream=console.stdout)
            first, *rest = clean(difference.detail).split("\n")
            console.data(f"    {name}: {self._plain(first)}")
            for line in rest:
                console.data(self._plain(f"      {line}"))

    def end(self, tally: Tally, seconds: float, trouble: Trouble | None) -> None:
        """The sum, and what to type next."""
        del trouble  # it is shown as an error
        console = self._console
        console.data(f"{tally.sentence()} ({seconds:.1f} s)")
        if tally.differ:
            console.say("if the new answers are right: the same command with --accept", style="dim")

    def _plain(self, text: str) -> str:
        return self._console.styled(text, "", stream=self._console.stdout)


class JsonPrinter:
    """For programs: a JSON line a turn, and one at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def turn(self, replayed: Replayed) -> None:
        """One line."""
        self._console.json(replayed.as_json())

    def end(self, tally: Tally, seconds: float, trouble: Trouble | None) -> None:
        """The last line."""
        values = {**tally.as_json(), "seconds": round(seconds, 3)}
        ok = values["ok"] and trouble is None
        self._console.json({**values, "ok": ok, "error": vars(trouble) if trouble else None})


class ReportPrinter:
    """For CI: the reports of `poe check`, a turn in the place of a rule."""

    def __init__(self, console: Console, target: str, *, junit: bool) -> None:
        self._console = console
        self._target = target
        self._junit = junit
        self._results: list[RuleResult] = []

    def turn(self, replayed: Replayed) -> None:
        """Remember how it came out."""
        self._results.append(replayed.rule_result(f"{_COMMAND} {replayed.number}"))

    def end(self, tally: Tally, seconds: float, trouble: Trouble | None) -> None:
        """The whole document."""
        del tally
        results = tuple(self._results)
        report = Report(self._target, results, None, len(results), seconds, command=_COMMAND)
        if self._junit:
            self._console.data(as_junit([report], Level.MUST, trouble))
            return
        lines = as_github([report], trouble)
        self._console.data(lines, end="\n" if lines else "")


def printer_for(console: Console, name: str, target: str) -> Printer:
    """The printer of a format."""
    if console.json_mode:
        return JsonPrinter(console)
    if name == "text":
        return TextPrinter(console)
    return ReportPrinter(console, target, junit=name == "junit")
