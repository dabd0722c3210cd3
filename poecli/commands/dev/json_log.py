"""The reports as JSON lines, for programs: fields are stable, each line has type and at_ms."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from poecli.devserver import reports as r
from poecli.terminal.console import Console

Form = Callable[[Any], Mapping[str, Any]]


def _bots(bots: tuple[r.Bot, ...]) -> list[dict[str, Any]]:
    return [{"name": bot.name, "path": bot.path, "url": bot.url} for bot in bots]


def _ready(report: r.Ready) -> Mapping[str, Any]:
    bots = [
        {**values, "settings": bot.settings}
        for values, bot in zip(_bots(report.bots), report.bots, strict=True)
    ]
    return {
        "type": "ready",
        "url": report.url,
        "base_url": report.base_url,
        "bots": bots,
        "generation": report.generation,
    }


def _reload(report: r.Reloaded) -> Mapping[str, Any]:
    return {
        "type": "reload",
        "ok": report.ok,
        "generation": report.generation,
        "ms": round(report.ms, 1),
        "files": report.files,
        "error": report.error.as_json() if report.error else None,
    }


def _query(report: r.TurnStarted) -> Mapping[str, Any]:
    return {
        "type": "query" if report.kind == "query" else "request",
        "turn": report.turn,
        "kind": report.kind,
        "bot": report.bot,
        "generation": report.generation,
        "message_id": report.message_id,
        "text": report.user_text,
    }


def _answer(report: r.TurnEnded) -> Mapping[str, Any]:
    first = report.first_event_ms
    return {
        "type": "answer",
        "turn": report.turn,
        "kind": report.kind,
        "generation": report.generation,
        "message_id": report.message_id,
        "status": report.status,
        "events": report.event_count,
        "characters": report.characters,
        "bytes": report.size,
        "files": report.files,
        "timing": {
            "first_event_ms": None if first is None else round(first, 1),
            "total_ms": round(report.total_ms, 1),
        },
        "upstream_calls": report.upstream_calls,
        "cost_milli_cents": report.cost,
        "text": report.text,
        "error": report.error,
        "hung_up": report.hung_up,
    }


def _of(type: str, *fields: str) -> Form:
    """A report whose fields go out under their own names."""
    return lambda report: {"type": type, **{name: getattr(report, name) for name in fields}}


_FORMS: dict[type[Any], Form] = {
    r.Ready: _ready,
    r.Reloaded: _reload,
    r.TurnStarted: _query,
    r.TurnEnded: _answer,
    r.ViolationSeen: _of("violation", "turn", "rule", "level", "detail", "fix"),
    r.LogLine: _of("log", "turn", "stream", "text"),
    r.BotRaised: _of("error", "turn", "message", "place", "traceback", "hint"),
    r.Stalled: _of("stall", "ms", "file", "line", "function", "running", "cause"),
    r.WorkerDied: _of("worker_died", "generation", "how", "last_output", "restart_ms"),
    r.UpstreamCalled: _of("upstream", "message_id", "bot", "mode", "event_count", "ms", "error"),
    r.CostAsked: _of("cost", "message_id", "kind", "amount", "balance", "ok"),
    r.Advice: _of("advice", "message", "why", "hint"),
    r.Notice: _of("notice", "text", "warning"),
    r.TurnsCounted: _of("turns_counted", "count"),
}


class JsonLog:
    """Writes each report as one line of stdout."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    def show(self, report: r.Report) -> None:
        """One line; what a turn's progress says, its end says too."""
        form = _FORMS.get(type(report))
        if form is not None and getattr(report, "examined", True):
            at_ms = round((time.monotonic() - self._began) * 1000, 1)
            values = form(report)
            self._console.json({"type": values["type"], "at_ms": at_ms, **values})
