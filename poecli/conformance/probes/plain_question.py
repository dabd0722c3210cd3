"""The plain question: what a bot answers in a new chat, and what that answer shows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from poecli.conformance.probes.bench import (
    KEY_WANTED,
    Bench,
    broken,
    refused_key,
    unexpected,
    yielded_kind,
)
from poecli.conformance.probes.bounds import Bounds
from poecli.conformance.results import Finding
from poecli.probe import queries
from poecli.probe.exchange import ProbeAnswer
from poecli.protocol.rules.answer_rules import ANSWER_RULES
from poecli.protocol.settings import controls_of, effective

RULES = (
    "query-refused",
    *(rule.id for rule in ANSWER_RULES),
    "first-event-late",
    "first-content-late",
    "silent-gap",
    "answer-too-slow",
    "too-much-text",
    "too-many-events",
    "too-many-files",
    "non-ascii-breaks",
    "parameters-missing-break",
    "yield-not-a-response",
)
_OF_A_WHOLE_ANSWER = ("answer-too-slow", "no-done", "empty-answer")


async def plain(bench: Bench) -> list[Finding]:
    """A plain question, without parameters, as in a new chat."""
    answer = await bench.ask(queries.query(bench.message()))
    if answer.status in KEY_WANTED:
        return [refused_key(answer)]
    if broken(answer) and (eased := await _eased(bench, answer)):
        return eased
    bench.plain = answer
    if answer.end == "late":
        bench.doubt(_OF_A_WHOLE_ANSWER, f"no complete answer within {bench.wire.seconds:g} s")
    found = judge_query(answer, bench.bounds, bench.wire.seconds)
    return [*found, *_judge_text(answer, bench)]


def judge_query(answer: ProbeAnswer, bounds: Bounds, seconds: float) -> list[Finding]:
    """The rules that an answer to a query breaks; it was waited for at most ``seconds``."""
    if answer.status in KEY_WANTED:
        return [refused_key(answer)]
    return [*_judge_stream(answer), *_judge_times(answer, bounds, seconds)]


async def _eased(bench: Bench, answer: ProbeAnswer) -> list[Finding]:
    """The fault, when the bot answers the question once it is made easier; else nothing."""
    how = broken(answer)
    if defaults := bench.defaults():
        bench.parameters = defaults
        if await _answers_now(bench):
            return [Finding("parameters-missing-break", f"without parameters: {how}", answer.sent)]
        bench.parameters = {}
    if _has_stray_text(bench, answer):
        bench.ascii_only = True
        if await _answers_now(bench):
            return [Finding("non-ascii-breaks", f"to {bench.text!r}: {how}", answer.sent)]
        bench.ascii_only = False
    return []


async def _answers_now(bench: Bench) -> bool:
    again = await bench.wire.send(queries.query(bench.message()))
    if broken(again):
        return False
    bench.plain = again
    return True


def _has_stray_text(bench: Bench, answer: ProbeAnswer) -> bool:
    """Whether the characters of the question may be why nothing was said."""
    return not bench.text.isascii() and not answer.reply.text and answer.end != "late"


def _judge_stream(answer: ProbeAnswer) -> Iterator[Finding]:
    if not answer.is_stream:
        yield Finding("query-refused", broken(answer), answer.sent)
        return
    for violation in answer.reader.violations:
        if violation.rule != "no-done" or answer.end != "late":
            yield Finding(violation.rule, violation.detail, answer.sent)
    if unexpected(answer.reply.error):
        kind = yielded_kind(answer.reply.error)
        rule = "yield-not-a-response" if kind else "unexpected-exception"
        seen = f"a {kind} was yielded" if kind else broken(answer)
        yield Finding(rule, seen, answer.sent)


def _judge_times(answer: ProbeAnswer, bounds: Bounds, seconds: float) -> Iterator[Finding]:
    clock, sent = answer.clock, answer.sent
    first = seconds if answer.first_event is None else answer.first_event
    late = first > bounds.first_event
    if answer.is_stream and late and (answer.first_event or answer.end == "late"):
        yield Finding("first-event-late", f"after {first:.1f} s", sent)
    if clock.began is not None and (clock.first is not None or answer.end == "late"):
        content = answer.seconds if clock.first is None else clock.first
        if content - clock.began > bounds.first_content:
            seen = f"text or a file after {content:.1f} s, other bytes after {clock.began:.1f} s"
            yield Finding("first-content-late", seen, sent)
    if clock.silence > bounds.silence:
        yield Finding("silent-gap", f"nothing new for {clock.silence:.1f} s", sent)
    if answer.seconds > bounds.answer:
        yield Finding("answer-too-slow", f"after {answer.seconds:.1f} s", sent)


def _judge_text(answer: ProbeAnswer, bench: Bench) -> Iterator[Finding]:
    """Nothing that Poe's client takes for a setting of the user's."""
    controls = effective(bench.model()).parameter_controls
    names = {control.parameter_name for control in controls_of(controls)}
    said = "\n".join((answer.reply.text, *answer.reply.suggested_replies))
    for name in sorted(names):
        if re.search(rf"(?<![\w-])--{re.escape(name)}(?![\w-])", said):
            yield Finding("parameter-name-in-answer", f"--{name}", answer.sent)
