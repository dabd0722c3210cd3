"""A bot in a file, started for a check and ended with it."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from poecli import dev_events as dev
from poecli.commands.dev.local_flags import LocalFlags
from poecli.commands.dev.options import settle_options
from poecli.commands.dev.platform import DevWithPlatform
from poecli.config.project import Project, find_project
from poecli.conformance.dependencies import UpstreamCalls
from poecli.conformance.project_file import look_at_entry
from poecli.conformance.results import Run, joined
from poecli.conformance.runner import Subject
from poecli.conformance.source_traps import look_at_source
from poecli.devserver.server import DEFAULT_HOST, DEFAULT_PORT
from poecli.errors import BotLoadError
from poecli.source.called_bots import called_bots
from poecli.source.python_file import PythonFile


async def local_subjects(
    stack: contextlib.AsyncExitStack,
    env: Mapping[str, str],
    spec: str,
    failed: Callable[[BotLoadError], object],
) -> list[Subject]:
    """Start the bots of a target next to a local Poe; ``stack`` ends them.

    ``failed`` is told why one can't tell its settings; the checks see that it does not.
    Raises BotLoadError when there is no bot, or its file fails.
    """
    flags = LocalFlags(
        target=spec, host=DEFAULT_HOST, port=0, reload=False, reload_with="fresh", examine_all=True
    )
    options = settle_options(flags, env, Path.cwd())
    seen = _Seen()
    served = DevWithPlatform(options.server, options.platform, seen.note)
    await stack.enter_async_context(served)
    bots = await served.server.wait_ready()
    for bot in bots:
        if bot.failure is not None:
            failed(bot.failure)
    target = options.server.target
    source = _Source.of(served.server.files)
    project = find_project(target.root)
    return [
        Subject(
            name=bot.name,
            url=bot.url,
            key=bot.access_key or options.server.access_key,
            observed=_Observed(source.seen, _in_file(project, bot.name), seen, source.named, bot),
            file=_shown(target.file),
            later_url=_under_dev(bot.url, project),
        )
        for bot in bots
    ]


def _under_dev(url: str, project: Project) -> str:
    """Where `poe dev` will serve the bot, which ends with the check."""
    address = f"{DEFAULT_HOST}:{project.dev.port or DEFAULT_PORT}"
    return urlunsplit(urlsplit(url)._replace(netloc=address))


@dataclass(frozen=True)
class _Source:
    """The author's files: what they show, and the bots that they call."""

    seen: Run
    named: frozenset[str] | None

    @classmethod
    def of(cls, files: Sequence[Path]) -> _Source:
        # An extension module is a file of the author's too.
        read = [PythonFile(f.read_bytes(), _shown(f)) for f in files if f.suffix == ".py"]
        return cls(joined([look_at_source(file) for file in read]), called_bots(read))


def _in_file(project: Project, bot: str) -> Run:
    """What poe.toml shows of a bot; nothing when it does not name it."""
    entry = project.bots.get(bot)
    if entry is None or project.file is None:
        return Run((), frozenset())
    return look_at_entry(entry, project.file.read_text(encoding="utf-8"), _shown(project.file))


@dataclass
class _Seen:
    """What the bots called, by the bot's name. A call names its message, a turn the bot."""

    calls: defaultdict[str, UpstreamCalls] = field(
        default_factory=lambda: defaultdict(UpstreamCalls)
    )
    bot_of: dict[str, str] = field(default_factory=dict)

    def note(self, event: dev.DevEvent) -> None:
        if isinstance(event, dev.TurnStarted):
            self.bot_of[event.message_id] = event.bot
        elif isinstance(event, dev.UpstreamEnded):
            self.calls[self.bot_of.get(event.message_id, "")].made[event.bot] += 1
        elif isinstance(event, dev.DependencyRefused):
            self.calls[event.bot].refused[event.upstream] = event.declared


@dataclass(frozen=True)
class _Observed:
    """What was seen of a bot beside its answers, once the probes are through."""

    source: Run
    file: Run
    seen: _Seen
    named: frozenset[str] | None
    bot: dev.ServedBot

    def __call__(self) -> Run:
        calls = self.seen.calls[self.bot.name].run(self.bot.settings, self.named)
        return joined((self.source, self.file, calls))


def _shown(file: Path) -> str:
    return Path(os.path.relpath(file)).as_posix()
