"""A bot's answer to one request, and the rules that it breaks, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from poecli.conformance.results import Finding
from poecli.probe.exchange import ProbeAnswer
from poecli.protocol import events as ev
from poecli.protocol.answer import EventReader
from poecli.protocol.rules.catalog import RULES, Level

_MS = 1000


def answer_json(answer: ProbeAnswer, findings: Sequence[Finding]) -> dict[str, Any]:
    """All that came back, and the rules that it breaks. Times are in milliseconds."""
    error, first = answer.reply.error, answer.first_event
    body = answer.json()
    stream = answer.is_stream
    return {
        "status": answer.status,
        "content_type": answer.content_type,
        "ended": answer.end,
        "ok": all(RULES[finding.rule].level is Level.ADVICE for finding in findings),
        "text": answer.reply.text if stream else None,
        "error": asdict(error) if error else None,
        "events": [event_json(event) for event in kept_events(answer)] if stream else None,
        "body": None if stream else body if body is not None else body_text(answer),
        "bytes": answer.size,
        "timing": {
            "first_event_ms": None if first is None else round(first * _MS, 1),
            "total_ms": round(answer.seconds * _MS, 1),
        },
        "violations": [_violation(finding) for finding in findings],
    }


def kept_events(answer: ProbeAnswer) -> list[ev.Event]:
    """The events in what was kept of the body."""
    return EventReader().feed(answer.body)


def event_json(event: ev.Event) -> dict[str, Any]:
    """One event, without the fields that it has not."""
    data = {name: value for name, value in asdict(event).items() if value is not None}
    return {"event": ev.event_name(event), "data": data}


def body_text(answer: ProbeAnswer) -> str:
    """The body where it is no event stream."""
    return answer.body.decode("utf-8", "replace")


def _violation(finding: Finding) -> dict[str, Any]:
    rule = RULES[finding.rule]
    told = {"rule": rule.id, "level": rule.level.value, "detail": finding.detail}
    return {**told, "sentence": rule.sentence, "fix": rule.fix}
