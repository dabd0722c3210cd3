"""A bot in a file, served while it is checked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from poecli.commands.check.upstream import CallLog
from poecli.config.project import DEFAULT_HOST, DEFAULT_PORT, Project, find_project
from poecli.config.toml_tables import TomlFile
from poecli.conformance.hosts.look import look_at_hosting
from poecli.conformance.project_file import look_at_entry
from poecli.conformance.results import Run, joined
from poecli.conformance.runner import Subject
from poecli.conformance.source_traps import look_at_source
from poecli.dev_events import ServedBot
from poecli.errors import BotLoadError
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.poes_own_bots import PoesOwnBots
from poecli.local.project import LocalProject, local_project
from poecli.source.called_bots import called_bots
from poecli.source.python_file import PythonFile


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
    *,
    live: bool = False,
) -> AsyncIterator[CheckedBots]:
    """Serve the bots of a target until the block ends; ``live`` lets them ask the real Poe.

    ``failed`` is told why one can't tell its settings; the checks see that it does not. ``warn`` is
    called with what is odd about the Python that they run on.
    Raises BotLoadError when there is no bot, or its file fails; KeyMissing for ``live``.
    """
    options = settle_options(flags, env, Path.cwd())
    calls = CallLog(PoesOwnBots(options.platform, ask=live))
    for note in options.server.interpreter.notes:
        warn(note)
    with tempfile.TemporaryDirectory(prefix="poe-check-") as state:
        # What the local Poe keeps of a check is no part of the author's own turns and files.
        platform = replace(calls.poes_own.settle(options.platform), state=Path(state))
        served = local_project(replace(options, platform=platform), calls.hear)
        async with served as project:
            bots = await project.wait_ready()
            for bot in bots:
                if bot.failure is not None:
                    failed(bot.failure)
            yield CheckedBots(project, calls, _subjects(project, bots, calls))


def _subjects(local: LocalProject, bots: Sequence[ServedBot], calls: CallLog) -> list[Subject]:
    target = local.server.options.target
    source = _Source.of(local.server.files, target.root)
    project = find_project(target.root)
    return [
        Subject(
            local.address_of(bot),
            observed=_Observed(source.seen, _in_file(project, bot.name), calls, source.named, bot),
            file=shown(target.file),
            later_url=_under_dev(bot.url, project),
            doubt=calls.doubt,
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
    def of(cls, files: Sequence[Path], folder: Path) -> _Source:
        # An extension module is a file of the author's too.
        read = [PythonFile(f.read_bytes(), shown(f)) for f in files if f.suffix == ".py"]
        seen = [look_at_source(file) for file in read]
        seen.append(look_at_hosting(folder, files, shown))
        return cls(joined(seen), called_bots(read))


def _in_file(project: Project, bot: str) -> Run:
    """What poe.toml shows of a bot; nothing when it does not name it."""
    entry = project.bots.get(bot)
    if entry is None or project.file is None:
        return Run((), frozenset())
    return look_at_entry(entry, TomlFile.read(Path(shown(project.file))))


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


def shown(file: Path) -> str:
    """How findings name a file: from here."""
    return Path(os.path.relpath(file)).as_posix()
