"""The conversations among a project's tests, held as part of `poe check`."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from poecli.commands.check.local_bot import CheckedBots
from poecli.config.project import find_project
from poecli.conformance.chats.file import ChatFile, find_chat_files, read_chat_file
from poecli.conformance.chats.runner import LocalPoe, run_chat
from poecli.conformance.results import Report, RuleResult
from poecli.errors import UsageError
from poecli.suggestions import did_you_mean


async def with_chats(local: CheckedBots, reports: Sequence[Report], seconds: float) -> list[Report]:
    """The reports with the outcome of each conversation in that of its bot.

    The bots are loaded anew: what the probes did to them is no part of a conversation. Raises
    ProjectFileError for a file that can't be read, UsageError for a bot that is not there.
    """
    server = local.project.server
    files = _read(Path(server.options.target.root), [report.target for report in reports])
    if not files:
        return list(reports)
    results: defaultdict[str, list[RuleResult]] = defaultdict(list)
    bots = {bot.name: bot for bot in await server.restart_bots()}
    local_poe = LocalPoe(server.base_url, local.calls.of_answer)
    for file in files:
        bot = bots[file.bot or reports[0].target]
        address = local.project.address_of(bot)
        result = await run_chat(file, address, local_poe, seconds=seconds)
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
