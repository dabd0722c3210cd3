"""What a check found: for each rule, a fault, a pass, or why it could not be tested."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from poecli.errors import PoeCliError
from poecli.probe.exchange import ProbeRequest
from poecli.protocol.rules.catalog import RULES, Level, Rule
from poecli.terminal.foreign import one_line

# The first is the weakest.
_STRENGTH = (Level.ADVICE, Level.SHOULD, Level.MUST)


class Outcome(Enum):
    """The three ways a rule can come out."""

    FAULT = "fault"
    UNTESTED = "untested"
    PASSED = "passed"


@dataclass(frozen=True)
class Finding:
    """A rule seen broken: what was seen, and the request that shows it.

    ``place`` is file:line for what was found in the source.
    """

    rule: str
    detail: str
    sent: ProbeRequest | None = None
    place: str = ""

    def location(self, default_file: str) -> tuple[str, int]:
        """File and line; the first line of the default file where there is no place."""
        file, _, line = self.place.rpartition(":")
        return (file, int(line)) if line.isdecimal() else (default_file, 1)


@dataclass(frozen=True)
class RuleResult:
    """How one rule came out over all runs. ``seen`` counts the runs with a fault."""

    rule: Rule
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    seen: int = 0
    runs: int = 1

    @property
    def flaky(self) -> bool:
        """True when it was broken in some runs only."""
        return 0 < self.seen < self.runs


@dataclass(frozen=True)
class Measures:
    """The plain question's answer in numbers; times in milliseconds."""

    first_event_ms: float | None
    total_ms: float
    events: int
    characters: int
    bytes: int


@dataclass(frozen=True)
class Run:
    """One pass over the probes."""

    findings: tuple[Finding, ...]
    tested: frozenset[str]
    untested: dict[str, str] = field(default_factory=dict)  # rule -> why
    measures: Measures | None = None


@dataclass(frozen=True)
class Report:
    """Everything about one bot."""

    target: str
    results: tuple[RuleResult, ...]
    measures: Measures | None
    requests: int
    seconds: float
    file: str = "poe.toml"  # where a fault without a place is shown
    command: str = "poe check"  # what made it

    def of(self, outcome: Outcome) -> list[RuleResult]:
        """The results with that outcome, the strongest rules first."""
        found = [result for result in self.results if result.outcome is outcome]
        return sorted(found, key=lambda result: -_STRENGTH.index(result.rule.level))

    def failures(self, level: Level) -> list[RuleResult]:
        """Broken rules of that level, or a stronger one."""
        weakest = _STRENGTH.index(level)
        faults = self.of(Outcome.FAULT)
        return [result for result in faults if _STRENGTH.index(result.rule.level) >= weakest]


@dataclass(frozen=True)
class Trouble:
    """Why a check did not come to its end: the bot does not load, a file is bad, Ctrl-C.

    ``target`` is what was to be checked, as it was typed.
    """

    target: str
    id: str
    message: str
    why: str = ""
    hint: str = ""
    detail: str = ""  # the author's own traceback

    @classmethod
    def of(cls, target: str, what: str, error: BaseException) -> Trouble:
        """From what was raised; ``what`` is a word for the work that did not end."""
        if isinstance(error, PoeCliError):
            return cls(target, error.id, error.message, error.why, error.hint, error.detail)
        if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
            return cls(target, "interrupted", f"The {what} was interrupted.")
        return cls(target, "our-bug", f"This is a bug in poe: {type(error).__name__}.")

    @property
    def sentence(self) -> str:
        """All of it but the traceback, in one line."""
        return one_line(f"{self.message} {self.why} {self.hint}", width=1_000)


def joined(parts: Iterable[Run]) -> Run:
    """Several looks at one bot as one; what any of them could test counts as tested."""
    looks = tuple(parts)
    untested: dict[str, str] = {}
    for look in looks:
        untested |= look.untested
    return Run(
        tuple(finding for look in looks for finding in look.findings),
        frozenset(rule for look in looks for rule in look.tested),
        untested,
    )


def combine(runs: Sequence[Run], rules: Iterable[str]) -> tuple[RuleResult, ...]:
    """The result of each rule over several runs; rules that no probe looked at are left out."""
    wanted = set(rules)
    return tuple(
        _result(rule, runs)
        for rule in RULES.values()
        if rule.id in wanted and any(rule.id in run.tested | run.untested.keys() for run in runs)
    )


def _result(rule: Rule, runs: Sequence[Run]) -> RuleResult:
    found = [[f for f in run.findings if f.rule == rule.id] for run in runs]
    seen = sum(bool(findings) for findings in found)
    if seen:
        first = next(findings for findings in found if findings)
        return RuleResult(rule, Outcome.FAULT, tuple(first), "", seen, len(runs))
    tested = any(rule.id in run.tested for run in runs)
    if tested:
        return RuleResult(rule, Outcome.PASSED, runs=len(runs))
    reason = next(run.untested[rule.id] for run in runs if rule.id in run.untested)
    return RuleResult(rule, Outcome.UNTESTED, reason=reason, runs=len(runs))
