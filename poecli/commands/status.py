"""`poe status`: every bot of poe.toml, where it is deployed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poecli.commands.options import BaseUrl, Json
from poecli.errors import ExitCode, UsageError
from poecli.terminal.console import Console
from poecli.waiting import run_async

if TYPE_CHECKING:
    from poecli.deploy.status import BotStatus

_HEADS = ("BOT", "ANSWERS", "BUILD", "KEY", "SETTINGS", "DEPLOYED")
# Who cannot be asked comes before who can't be believed, and both before what only differs.
_ORDER = (ExitCode.NOT_REACHABLE, ExitCode.KEY, ExitCode.AT_FAULT, ExitCode.DRIFT, ExitCode.DONE)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class StatusFlags:
    base_url: BaseUrl = None
    json: Json = False


def status(console: Console, flags: StatusFlags) -> int:
    """Show for every bot of poe.toml whether what is live is what is here.

    Whether it answers, with which build, whether its access key is right and a wrong one refused,
    and whether its settings are those that were synced last. Code 7 when something differs, 4 when
    a bot does not answer, 3 for a key.

    Examples:
      poe status
      poe status --json | jq '.bots[] | select(.ok | not).bot'
    """
    from poecli.config.project import find_project
    from poecli.config.settings import base_url, read_environment
    from poecli.deploy.build import build_of
    from poecli.deploy.record import read_records
    from poecli.deploy.status import Looker
    from poecli.settings_sync.drift import changes, read_lock

    project = find_project(Path.cwd())
    if not project.bots:
        raise UsageError("There is no poe.toml with a bot here.", hint="poe init")
    environment = read_environment(console.env, project.root)
    poe = base_url(environment, flags.base_url, project.base_url).value
    lock = read_lock(project.root)

    def drift(bot: str, settings: Mapping[str, Any]) -> int | None:
        synced = lock.settings_of(poe, bot)
        return None if synced is None else len(changes(synced, settings))

    looker = Looker(build_of(project.root), environment, read_records(project.root), drift)

    async def look() -> list[BotStatus]:
        return await asyncio.gather(*map(looker.look, project.bots.values()))

    bots = run_async(look())
    if flags.json:
        shown = [bot.as_json() for bot in bots]
        console.json({"type": "status", "build": looker.here, "bots": shown})
    else:
        console.data("\n".join(_table(bots)))
        for line in _advice(bots):
            console.say(line)
    return min((bot.exit_code for bot in bots), key=_ORDER.index)


def _table(bots: Sequence[BotStatus]) -> Iterator[str]:
    rows = [_HEADS, *map(_row, bots)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEADS))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _row(bot: BotStatus) -> tuple[str, ...]:
    deployed = "" if bot.deployed is None else f"{_ago(bot.deployed.at)}, {bot.deployed.to}"
    if not bot.url:
        return bot.bot, "not deployed", "", "", "", deployed
    if not bot.answers:
        return bot.bot, "no", "", "", "", deployed
    drift = "in step" if not bot.drift else f"{bot.drift} differ"
    synced = drift if bot.synced else "not synced"
    return bot.bot, f"{bot.ms:.0f} ms", bot.is_build, bot.key, synced, deployed


def _ago(at: str) -> str:
    """How long ago, in the largest unit that fits."""
    passed = (datetime.now(timezone.utc) - datetime.fromisoformat(at)).total_seconds()
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if passed >= unit:
            return f"{int(passed / unit)} {name} ago"
    return "just now"


def _advice(bots: Sequence[BotStatus]) -> Iterator[str]:
    """For each bot the first thing to do."""
    from poecli.deploy.status import OPEN, OTHER

    for bot in bots:
        if bot.trouble:
            yield f"{bot.bot}: {bot.trouble} try: poe doctor {bot.url}"
        elif bot.key == OPEN:
            yield f"{bot.bot} takes any key: anyone can use it. try: poe check {bot.url}"
        elif bot.exit_code is ExitCode.KEY:
            yield f"{bot.bot}: set its access key, here in .env and where it runs."
        elif bot.is_build == OTHER:
            yield f"{bot.bot}: the code here is not what is live. try: poe deploy {bot.bot}"
        elif bot.exit_code is ExitCode.DRIFT:
            yield f"{bot.bot}: Poe may show other settings. try: poe sync-settings {bot.bot}"
