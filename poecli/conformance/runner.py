"""Runs the probes against one bot, as often as asked, and puts the runs together."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from poecli.client.address import BotAddress
from poecli.client.http import checked_url, open_session
from poecli.conformance.probes.attachment_host import attachment_host
from poecli.conformance.probes.bench import Bench, CannotTest
from poecli.conformance.probes.bounds import Bounds
from poecli.conformance.probes.catalog import PROBES, Probe
from poecli.conformance.results import Finding, Measures, Report, Run, combine, joined
from poecli.errors import UsageError
from poecli.probe.exchange import ProbeAnswer, Wire
from poecli.probe.queries import PLAIN_TEXT
from poecli.protocol.rules.catalog import RULES
from poecli.suggestions import closest

_MS = 1000


@dataclass(frozen=True)
class CheckOptions:
    """What to check, and how. ``only`` and ``skip`` are rules; ``seconds`` bound one answer."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    repeat: int = 1
    seconds: float = 60.0
    message: str = PLAIN_TEXT
    bounds: Bounds = field(default_factory=Bounds)

    def rules(self) -> list[str]:
        """The rules to look at. Raises UsageError for one that does not exist."""
        for rule in (*self.only, *self.skip):
            if rule not in RULES:
                near = closest(rule, RULES)
                raise UsageError(
                    f"There is no rule {rule!r}.",
                    why=f"Did you mean {near!r}?" if near else "",
                    hint="poe check --explain all",
                    id="no-such-rule",
                )
        return [rule for rule in self.only or RULES if rule not in self.skip]


@dataclass(frozen=True)
class Subject:
    """The bot to check; its address has its access key if that is known.

    ``observed`` is asked at the end for what was seen beside the answers: in the source, in the
    calls to other bots. ``file`` is where faults without a place are shown. ``later_url`` is the
    bot's address when the check is over, if it differs. ``doubt`` is told a message's id, and says
    why what came of it is no fault of the bot: a bot that it calls had no answer to give.
    """

    bot: BotAddress
    observed: Callable[[], Run] | None = None
    file: str = "poe.toml"
    later_url: str = ""
    doubt: Callable[[str], Awaitable[str]] | None = None

    def with_seen(self, run: Run) -> Subject:
        """The same, with one more thing that was seen beside the answers."""
        before = self.observed
        return replace(self, observed=lambda: joined([*([before()] if before else ()), run]))


async def check(subject: Subject, options: CheckOptions) -> Report:
    """Check the bot by the rules.

    Raises NotReachable when there is no bot at the address, UsageError for an unusable one.
    """
    checked_url(subject.bot.url)
    rules = options.rules()
    start = time.monotonic()
    async with open_session() as session, attachment_host() as files_url:
        wire = Wire(session, subject.bot, options.seconds, later_url=subject.later_url)
        runs = []
        for _ in range(max(1, options.repeat)):
            bench = Bench(wire, files_url, options.message, options.bounds)
            runs.append(await _run(bench, _wanted(rules), subject))
    if subject.observed is not None:
        observed = subject.observed()
        runs = [_together(run, observed) for run in runs]
    return Report(
        target=subject.bot.name,
        results=combine(runs, rules),
        measures=runs[0].measures,
        requests=wire.requests,
        seconds=time.monotonic() - start,
        file=subject.file,
    )


def _wanted(rules: Collection[str]) -> list[Probe]:
    """The probes for these rules; settings and the plain question are what all others build on."""
    return [
        probe
        for index, probe in enumerate(PROBES)
        if index < 2 or any(rule in rules for rule in probe.rules)  # noqa: PLR2004 - the first two, see above
    ]


async def _run(bench: Bench, probes: Sequence[Probe], subject: Subject) -> Run:
    findings: list[Finding] = []
    tested: set[str] = set()
    untested: dict[str, str] = {}
    for probe in probes:
        try:
            seen = await probe.look(bench)
        except CannotTest as reason:
            untested |= dict.fromkeys(probe.rules, str(reason))
            continue
        found, doubts = await _doubted(seen, subject)
        bench.doubts |= doubts
        findings += found
        passed, unknown = _sure(probe, found, bench.doubts)
        tested |= passed
        untested |= unknown
    if any(finding.rule == "key-refused" for finding in findings):
        findings = [finding for finding in findings if finding.rule == "key-refused"][:1]
        others = {rule for probe in probes for rule in probe.rules} - {"key-refused"}
        return Run(tuple(findings), frozenset({"key-refused"}), dict.fromkeys(others, _NO_KEY))
    return Run(tuple(findings), frozenset(tested), untested, _measures(bench.plain))


async def _doubted(
    found: Sequence[Finding], subject: Subject
) -> tuple[list[Finding], dict[str, str]]:
    """The findings that are the bot's own; of the other rules, why nothing can be said."""
    sure, doubts = [], {}
    for finding in found:
        message_id = finding.sent.message_id if finding.sent else ""
        reason = await subject.doubt(message_id) if subject.doubt and message_id else ""
        if reason:
            doubts[finding.rule] = reason
        else:
            sure.append(finding)
    return sure, doubts


_NO_KEY = "the bot rejects the key"
# A fault that leaves nothing to be said about the probe's other rules.
_BLINDING = {
    "settings-refused": "there are no settings",
    "query-refused": "there is no event stream",
    "settings-malformed": "the settings can't be read",
}


def _sure(
    probe: Probe, found: list[Finding], doubts: Mapping[str, str]
) -> tuple[set[str], dict[str, str]]:
    """Of a probe's rules: those that were tested, and those that a fault or a doubt hides."""
    broken = {finding.rule for finding in found}
    for rule, reason in _BLINDING.items():
        if rule in broken:
            return broken, {other: reason for other in probe.rules if other not in broken}
    unsure = {rule: doubts[rule] for rule in probe.rules if rule in doubts and rule not in broken}
    return set(probe.rules) - unsure.keys(), unsure


def _together(run: Run, observed: Run) -> Run:
    seen = {finding.rule for finding in observed.findings}
    findings = [f for f in run.findings if not (f.rule in _CONSEQUENCES and seen & _CAUSES)]
    shown = _SHOWN_BY_REQUESTS & run.tested - {finding.rule for finding in run.findings}
    return Run(
        (*findings, *(finding for finding in observed.findings if finding.rule not in shown)),
        run.tested | observed.tested,
        {**observed.untested, **run.untested},
        run.measures,
    )


# Faults that make a bot raise: the exception itself is then nothing new.
_CAUSES = {
    "dependency-undeclared",
    "dependency-exceeded",
    "init-without-super",
    "get-response-not-a-generator",
    "yield-not-a-response",
    "file-data-is-text",
}
_CONSEQUENCES = {"unexpected-exception", "empty-answer"}
# What the source only suggests, where requests have shown how it is: a key from the environment.
_SHOWN_BY_REQUESTS = {"access-key-missing"}


def _measures(answer: ProbeAnswer | None) -> Measures | None:
    if answer is None:
        return None
    return Measures(
        first_event_ms=None if answer.first_event is None else round(answer.first_event * _MS, 1),
        total_ms=round(answer.seconds * _MS, 1),
        events=answer.reply.event_count,
        characters=answer.reply.characters,
        bytes=answer.size,
    )
