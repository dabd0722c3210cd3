"""A bot in a file, served while it is checked."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from poecli.config.project import DEFAULT_HOST, DEFAULT_PORT, Project, find_project
from poecli.config.toml_tables import TomlFile
from poecli.conformance.chats.answer import UpstreamCall
from poecli.conformance.dependencies import UpstreamCalls
from poecli.conformance.project_file import look_at_entry
from poecli.conformance.results import Run, joined
from poecli.conformance.runner import Subject
from poecli.conformance.source_traps import look_at_source
from poecli.dev_events import (
    DependencyRefused,
    DevEvent,
    ServedBot,
    TurnEnded,
    TurnStarted,
    UpstreamEnded,
)
from poecli.errors import BotLoadError
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.project import LocalProject, local_project
from poecli.source.called_bots import called_bots
from poecli.source.python_file import PythonFile

_TRACE_SECONDS = 5.0  # an answer's end is told at once; a machine under load may take longer


class CallLog:
    """The bots' calls to other bots: of each bot, and of each answer by its message id."""

    def __init__(self) -> None:
        self.by_bot: defaultdict[str, UpstreamCalls] = defaultdict(UpstreamCalls)
        self._by_answer: defaultdict[str, list[UpstreamCall]] = defaultdict(list)
        self._bot_of: dict[str, str] = {}  # a call names its message, a turn the bot
        self._ended: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def hear(self, event: DevEvent) -> None:
        """Remember what was called and what was refused."""
        if isinstance(event, TurnStarted):
            self._bot_of[event.message_id] = event.bot
        elif isinstance(event, UpstreamEnded):
            self.by_bot[self._bot_of.get(event.message_id, "")].made[event.bot] += 1
            call = UpstreamCall(event.bot, event.mode, event.error)
            self._by_answer[event.message_id].append(call)
        elif isinstance(event, DependencyRefused):
            self.by_bot[event.bot].refused[event.upstream] = event.declared
        elif isinstance(event, TurnEnded):
            self._ended[event.message_id].set()

    async def of_answer(self, message_id: str) -> Sequence[UpstreamCall]:
        """The calls that were made for an answer, once it is over."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._ended[message_id].wait(), _TRACE_SECONDS)
        return self._by_answer[message_id]


@dataclass(frozen=True)
class CheckedBots:
    """The bots of a target next to a local Poe, and what they call."""

    project: LocalProject
    calls: CallLog
    subjects: list[Subject]


@contextlib.asynccontextmanager
async def checked_bots(
    env: Mapping[str, str],
    flags: LocalFlags,
    failed: Callable[[BotLoadError], object],
    warn: Callable[[str], object],
) -> AsyncIterator[CheckedBots]:
    """Serve the bots of a target until the block ends.

    ``failed`` is told why one can't tell its settings; the checks see that it does not. ``warn`` is
    called with what is odd about the Python that they run on.
    Raises BotLoadError when there is no bot, or its file fails.
    """
    calls = CallLog()
    options = settle_options(flags, env, Path.cwd())
    for note in options.server.interpreter.notes:
        warn(note)
    async with local_project(options, calls.hear) as project:
        bots = await project.wait_ready()
        for bot in bots:
            if bot.failure is not None:
                failed(bot.failure)
        yield CheckedBots(project, calls, _subjects(project, bots, calls))


def _subjects(local: LocalProject, bots: Sequence[ServedBot], calls: CallLog) -> list[Subject]:
    target = local.server.options.target
    source = _Source.of(local.server.files)
    project = find_project(target.root)
    return [
        Subject(
            local.address_of(bot),
            observed=_Observed(source.seen, _in_file(project, bot.name), calls, source.named, bot),
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
    return look_at_entry(entry, TomlFile.read(Path(_shown(project.file))))


@dataclass(frozen=True)
class _Observed:
    """What was seen of a bot beside its answers, once the probes are through."""

    source: Run
    file: Run
    calls: CallLog
    named: frozenset[str] | None
    bot: ServedBot

    def __call__(self) -> Run:
        calls = self.calls.by_bot[self.bot.name].run(self.bot.settings, self.named)
        return joined((self.source, self.file, calls))


def _shown(file: Path) -> str:
    return Path(os.path.relpath(file)).as_posix()
