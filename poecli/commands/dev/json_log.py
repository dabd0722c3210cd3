"""The events as JSON lines, for programs: fields are stable, each line has type and at_ms."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from poecli import dev_events as dev
from poecli.terminal.console import Console

Form = Callable[[Any], Mapping[str, Any]]


def _bots(bots: tuple[dev.ServedBot, ...]) -> list[dict[str, Any]]:
    return [{"name": bot.name, "path": bot.path, "url": bot.url} for bot in bots]


def _ready(event: dev.Ready) -> Mapping[str, Any]:
    bots = [
        {**values, "settings": bot.settings}
        for values, bot in zip(_bots(event.bots), event.bots, strict=True)
    ]
    return {
        "type": "ready",
        "url": event.url,
        "base_url": event.base_url,
        "playground": event.playground,
        "bots": bots,
        "generation": event.generation,
        "runs_on": event.runs_on,
        "public_url": event.public_url or None,
    }


def _tunnel(event: dev.TunnelOpened) -> Mapping[str, Any]:
    return {
        "type": "tunnel",
        "ok": event.ok,
        "public_url": event.public_url,
        "client": event.client,
        "bots": _bots(event.bots),
        "steps": [step.as_json() for step in event.steps],
    }


def _attached(event: dev.Attached) -> Mapping[str, Any]:
    bots = [{**values, "settings": event.bot.settings} for values in _bots((event.bot,))]
    return {
        "type": "ready",
        "url": event.url,
        "playground": event.playground,
        "attached_to": event.bot.url,
        "bots": bots,
    }


def _reload(event: dev.Reloaded) -> Mapping[str, Any]:
    return {
        "type": "reload",
        "ok": event.ok,
        "generation": event.generation,
        "ms": round(event.ms, 1),
        "files": event.files,
        "error": event.error.as_json() if event.error else None,
    }


def _query(event: dev.TurnStarted) -> Mapping[str, Any]:
    return {
        "type": "query" if event.kind == "query" else "request",
        "turn": event.turn,
        "kind": event.kind,
        "bot": event.bot,
        "generation": event.generation,
        "message_id": event.message_id,
        "text": event.user_text,
        "tunneled": event.tunneled,
    }


def _answer(event: dev.TurnEnded) -> Mapping[str, Any]:
    first = event.first_event_ms
    return {
        "type": "answer",
        "turn": event.turn,
        "kind": event.kind,
        "generation": event.generation,
        "message_id": event.message_id,
        "status": event.status,
        "events": event.event_count,
        "characters": event.characters,
        "bytes": event.size,
        "files": event.files,
        "timing": {
            "first_event_ms": None if first is None else round(first, 1),
            "total_ms": round(event.total_ms, 1),
        },
        "upstream_calls": event.upstream_calls,
        "cost_milli_cents": event.cost,
        "text": event.text,
        "error": event.error,
        "hung_up": event.hung_up,
    }


def _of(type: str, *fields: str) -> Form:
    """An event whose fields go out under their own names."""
    return lambda event: {"type": type, **{name: getattr(event, name) for name in fields}}


_advice = _of("advice", "message", "why", "hint")
_notice = _of("notice", "text", "warning")


_FORMS: dict[type[Any], Form] = {
    dev.Ready: _ready,
    dev.Attached: _attached,
    dev.Reloaded: _reload,
    dev.TunnelOpened: _tunnel,
    dev.TunnelClosed: _of("tunnel_closed", "client", "how", "last_output", "again_seconds"),
    dev.TurnStarted: _query,
    dev.TurnEnded: _answer,
    dev.ViolationSeen: _of("violation", "turn", "rule", "level", "detail", "fix"),
    dev.LogLine: _of("log", "turn", "stream", "text"),
    dev.BotRaised: _of("error", "turn", "message", "place", "traceback", "hint"),
    dev.Stalled: _of("stall", "ms", "file", "line", "function", "running", "cause"),
    dev.WorkerDied: _of("worker_died", "generation", "how", "last_output", "restart_ms"),
    dev.UpstreamEnded: _of(
        "upstream", "message_id", "bot", "mode", "event_count", "ms", "error", "trouble"
    ),
    dev.CostRequested: _of("cost", "message_id", "kind", "amount", "balance", "ok"),
    dev.DependencyRefused: _advice,
    dev.DependencyUnused: _advice,
    dev.FileStored: _notice,
    dev.FaultRehearsed: _of("fault", "fault", "message_id", "text"),
    dev.SettingsStored: _notice,
    dev.Advice: _advice,
    dev.Notice: _notice,
    dev.TurnsCounted: _of("turns_counted", "count"),
}


class JsonLog:
    """Writes each event as one line of stdout."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    def detail(self, _text: str) -> None:
        """What another program prints is for a person."""

    def show(self, event: dev.DevEvent) -> None:
        """One line; what a turn's progress says, its end says too."""
        form = _FORMS.get(type(event))
        if form is not None and getattr(event, "examined", True):
            at_ms = round((time.monotonic() - self._began) * 1000, 1)
            values = form(event)
            self._console.json({"type": values["type"], "at_ms": at_ms, **values})
