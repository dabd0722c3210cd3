"""A bot's answer to an event, with the rules that it breaks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence

from poecli.client.address import BotAddress
from poecli.client.peer import shown_url
from poecli.conformance.probes.answer_json import (
    answer_json,
    body_text,
    event_json,
    kept_events,
)
from poecli.conformance.results import Finding
from poecli.probe.exchange import ProbeAnswer
from poecli.protocol import events as ev
from poecli.protocol.rules.catalog import RULES, Level
from poecli.terminal.amounts import counted
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean

_MS = 1000
_MOST_LINES = 40  # of one event, or of a body that is no stream
_MARKS = {Level.MUST: ("✗", "red"), Level.SHOULD: ("✗", "yellow"), Level.ADVICE: ("·", "blue")}


def list_events(console: Console, events: Mapping[str, str]) -> None:
    """What there is to send."""
    if console.json_mode:
        console.json({"type": "events", "events": dict(events)})
        return
    for name, sentence in events.items():
        console.data(f"{name:<16} {sentence}")


def print_text(
    console: Console, bot: BotAddress, answer: ProbeAnswer, findings: Sequence[Finding]
) -> None:
    """Status and times, the events or the body, then each broken rule with its fix."""
    console.say(f"{len(answer.sent.body):,} bytes to {bot.name}, {shown_url(bot.url)}", style="dim")
    styles = {"2": "green", "4": "yellow"}
    style = styles.get(str(answer.status)[0], "red")
    console.data(console.styled(_outcome(answer), f"bold {style}", stream=console.stdout))
    for line in _content(answer):
        console.data(console.styled(line, "", stream=console.stdout))
    for line in _faults(console, findings):
        console.data(line)


def print_json(
    console: Console, bot: BotAddress, answer: ProbeAnswer, findings: Sequence[Finding]
) -> None:
    """One object: what was sent to whom, all that came back, the rules that it breaks."""
    head = {"type": "trigger", "bot": bot.name, "url": shown_url(bot.url)}
    console.json({**head, **answer_json(answer, findings)})


def _outcome(answer: ProbeAnswer) -> str:
    first = "" if answer.first_event is None else f"first event {answer.first_event * _MS:.0f} ms"
    ended = {"cut": "cut off", "late": "did not end in time", "unreadable": "unreadable"}
    parts = [
        f"HTTP {answer.status}" if answer.status else "no answer",
        answer.content_type,
        counted(answer.reply.event_count, "event") if answer.is_stream else "",
        first,
        f"total {answer.seconds * _MS:.0f} ms",
        ended.get(answer.end, ""),
    ]
    return " · ".join(part for part in parts if part)


def _content(answer: ProbeAnswer) -> Iterator[str]:
    """What came, a line or more for each event; neighbours of text stand together."""
    if not answer.is_stream:
        body = answer.json()
        text = body_text(answer) if body is None else json.dumps(body, indent=2, ensure_ascii=False)
        yield from _indented("", text)
        return
    for kind, group in itertools.groupby(kept_events(answer), key=ev.event_name):
        events = list(group)
        if kind == "text":
            yield from _indented(kind, "".join(e.text for e in events if isinstance(e, ev.Text)))
            continue
        for event in events:
            yield from _indented(kind, json.dumps(event_json(event)["data"], ensure_ascii=False))


def _indented(head: str, text: str) -> Iterator[str]:
    first, *rest = clean(text).split("\n")
    margin = " " * (len(head) + 1 if head else 0)
    yield f"  {head} {first}".rstrip() if head else f"  {first}"
    yield from (f"  {margin}{line}" for line in rest[:_MOST_LINES])
    if len(rest) > _MOST_LINES:
        yield f"  {margin}… {len(rest) - _MOST_LINES} lines more; --json has them all"


def _faults(console: Console, findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        rule = RULES[finding.rule]
        mark, color = _MARKS[rule.level]
        head = console.styled(mark, color, stream=console.stdout)
        name = console.styled(rule.id, "bold", stream=console.stdout)
        yield f"{head} {name} ({rule.level.value})"
        for line in (rule.sentence, f"seen: {finding.detail}", f"fix:  {rule.fix}"):
            yield f"    {console.styled(line, '', stream=console.stdout)}"
