"""The conversations among a project's tests, held as part of `poe check`."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from poecli import dev_events as dev
from poecli.commands.dev.local_flags import LocalFlags
from poecli.commands.dev.options import settle_options
from poecli.commands.dev.platform import DevWithPlatform
from poecli.config.project import find_project
from poecli.conformance.chats.answer import UpstreamCall
from poecli.conformance.chats.file import ChatFile, find_chat_files, read_chat_file
from poecli.conformance.chats.runner import ChatBot, run_chat
from poecli.conformance.results import Report, RuleResult
from poecli.devserver.server import DEFAULT_HOST
from poecli.errors import UsageError
from poecli.suggestions import did_you_mean

_TRACE_SECONDS = 5.0  # an answer's end is told at once; a machine under load may take longer


@dataclass
class _Seen:
    """The calls of each answer to other bots, by its message id."""

    calls: defaultdict[str, list[UpstreamCall]] = field(default_factory=lambda: defaultdict(list))
    ended: defaultdict[str, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )

    def note(self, event: dev.DevEvent) -> None:
        if isinstance(event, dev.UpstreamEnded):
            call = UpstreamCall(event.bot, event.mode, event.error)
            self.calls[event.message_id].append(call)
        elif isinstance(event, dev.TurnEnded) and event.message_id:
            self.ended[event.message_id].set()

    async def of(self, message_id: str) -> Sequence[UpstreamCall]:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.ended[message_id].wait(), _TRACE_SECONDS)
        return self.calls[message_id]


async def with_chats(
    env: Mapping[str, str], spec: str, reports: Sequence[Report], seconds: float
) -> list[Report]:
    """The reports with the outcome of each conversation in that of its bot.

    The bots are started anew: what the probes did to them is no part of a conversation. Raises
    ProjectFileError for a file that can't be read, UsageError for a bot that is not there.
    """
    flags = LocalFlags(
        target=spec, host=DEFAULT_HOST, port=0, reload=False, reload_with="fresh", examine_all=True
    )
    options = settle_options(flags, env, Path.cwd())
    files = _read(Path(options.server.target.root), [report.target for report in reports])
    if not files:
        return list(reports)
    seen = _Seen()
    results: defaultdict[str, list[RuleResult]] = defaultdict(list)
    async with DevWithPlatform(options.server, options.platform, seen.note) as server:
        bots = {bot.name: bot for bot in await server.wait_ready()}
        for file in files:
            bot = bots[file.bot or reports[0].target]
            key = bot.access_key or options.server.access_key
            asked = ChatBot(bot.name, bot.url, key, server.base_url, seen.of)
            result = await run_chat(file, asked, seconds=seconds)
            results[bot.name].append(result.rule_result())
    return [
        replace(report, results=(*report.results, *results[report.target])) for report in reports
    ]


def _read(folder: Path, bots: Sequence[str]) -> list[ChatFile]:
    """The project's conversations, by paths as a person here would type them."""
    paths = find_chat_files(find_project(folder).root)
    files = [read_chat_file(Path(os.path.relpath(path))) for path in paths]
    for file in files:
        if file.bot is not None and file.bot not in bots:
            raise UsageError(
                f"{file.path}: no bot named {file.bot!r} is served.",
                hint=did_you_mean(file.bot, bots),
            )
    return files
