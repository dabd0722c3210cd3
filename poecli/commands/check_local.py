"""A bot in a file, started for a check and ended with it."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poecli.commands.dev_options import DevFlags, settle_options
from poecli.commands.dev_platform import DevWithPlatform
from poecli.conformance.dependencies import UpstreamCalls
from poecli.conformance.python_source import look_at_source
from poecli.conformance.results import Run
from poecli.conformance.runner import Subject
from poecli.devserver import reports as dev
from poecli.devserver.server import DEFAULT_HOST
from poecli.emulator import reports as poe
from poecli.hosting.target import Target


async def local_subjects(
    stack: contextlib.AsyncExitStack, env: Mapping[str, str], spec: str
) -> list[Subject]:
    """Start the bots of a target next to a local Poe; ``stack`` ends them.

    Raises BotLoadError when there is no bot, or its file fails.
    """
    flags = DevFlags(target=spec, host=DEFAULT_HOST, port=0, reload=False, reload_with="fresh")
    options = settle_options(flags, env, Path.cwd())
    seen = _Seen()
    served = DevWithPlatform(
        options.server, options.platform, seen.note, platform_report=seen.note_platform
    )
    await stack.enter_async_context(served)
    bots = await served.server.wait_ready()
    source = _source_of(options.server.target)
    file = _shown(options.server.target.file)
    return [
        Subject(
            name=bot.name,
            url=bot.url,
            key=bot.access_key or options.server.access_key,
            observed=_observer(source, seen.calls[bot.name], bot.settings),
            file=file,
        )
        for bot in bots
    ]


@dataclass
class _Seen:
    """What the bots called, by the bot's name. A call names its message, a turn the bot."""

    calls: defaultdict[str, UpstreamCalls] = field(
        default_factory=lambda: defaultdict(UpstreamCalls)
    )
    bot_of: dict[str, str] = field(default_factory=dict)

    def note(self, report: dev.Report) -> None:
        if isinstance(report, dev.TurnStarted):
            self.bot_of[report.message_id] = report.bot

    def note_platform(self, report: poe.Report) -> None:
        if isinstance(report, poe.UpstreamEnded):
            self.calls[self.bot_of.get(report.message_id, "")].made[report.bot] += 1
        elif isinstance(report, poe.DependencyRefused):
            self.calls[report.bot].refused[report.upstream] = report.declared


def _observer(source: Run, calls: UpstreamCalls, settings: Mapping[str, Any]) -> Callable[[], Run]:
    def observed() -> Run:
        upstream = calls.run(settings)
        return Run(
            (*source.findings, *upstream.findings),
            source.tested | upstream.tested,
            {**source.untested, **upstream.untested},
        )

    return observed


def _source_of(target: Target) -> Run:
    text = Path(target.file).read_text(encoding="utf-8", errors="replace")
    return look_at_source(text, _shown(target.file))


def _shown(file: Path) -> str:
    return Path(os.path.relpath(file)).as_posix()
