"""All the bots of one command, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from poecli.config.project import BotEntry
from poecli.config.settings import Environment
from poecli.errors import ExitCode, UsageError
from poecli.settings_sync.access_keys import KeyFlags, access_key_of
from poecli.settings_sync.outcome import Outcome, SyncOptions
from poecli.settings_sync.report import show, show_json
from poecli.settings_sync.sources import ReadLocalSettings
from poecli.settings_sync.sync import Syncer
from poecli.terminal.console import Console


def sync_bots(
    console: Console,
    options: SyncOptions,
    entries: Sequence[BotEntry],
    *,
    flags: KeyFlags,
    environment: Environment,
    read_local: ReadLocalSettings,
) -> int:
    """Sync each bot and tell what came of it; the exit code, of the first bot that failed.

    Raises UsageError and KeyMissing before anything is sent.
    """
    if len(entries) > 1 and (flags.given or options.wait_for):
        raise UsageError(
            "A flag for one bot can't serve several.",
            why="Each bot has its own access key and its own URL.",
            hint="Name one bot, or put keys into .env and urls into poe.toml.",
        )
    needed = not (options.check or options.dry_run)
    keys = [
        access_key_of(entry, flags, environment, console, needed=needed, base_url=options.base_url)
        for entry in entries
    ]
    syncer = Syncer(options, read_local, console.say)
    outcomes: list[Outcome] = []
    for entry, key in zip(entries, keys, strict=True):
        outcomes.append(asyncio.run(syncer.sync(entry, key)))
        if not console.json_mode:
            show(console, outcomes[-1])
            show_error(console, outcomes[-1])
    if console.json_mode:
        show_json(console, outcomes)
        for outcome in outcomes:
            show_error(console, outcome)
    failed = [outcome.error for outcome in outcomes if outcome.error is not None]
    return failed[0].exit_code if failed else ExitCode.DONE


def show_error(console: Console, outcome: Outcome) -> None:
    """A bot's error, if it has one, where the others are still to come."""
    if outcome.error is not None:
        console.show_error(outcome.error)
