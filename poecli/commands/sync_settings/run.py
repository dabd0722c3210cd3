"""What `poe sync-settings` does with its flags: settle them, and have the bots synced."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poecli.client.bot_query import Retry
from poecli.client.http import log_requests
from poecli.commands.sync_settings.flags import SyncFlags
from poecli.config import settings
from poecli.config.project import Project, find_project
from poecli.settings_sync.bots import chosen, given_key
from poecli.settings_sync.sources import ReadLocalSettings
from poecli.settings_sync.sync import SyncOptions, sync_bots
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.local.settings import LocalSettings


def run_sync(console: Console, flags: SyncFlags) -> int:
    """Sync the bots that the flags choose; the exit code."""
    if flags.verbose:
        log_requests(console.stderr)
    project = find_project(Path.cwd())
    environment = settings.read_environment(console.env, project.root)
    bots = chosen(project, flags.bots, all_bots=flags.all_bots, only_one=flags.are_for_one_bot)
    key = given_key(
        console,
        value=flags.access_key,
        file=flags.access_key_file,
        from_stdin=flags.access_key_stdin,
    )
    return sync_bots(
        console,
        _options(flags, project, environment),
        bots,
        given=key,
        environment=environment,
        read_local=_local_reader(project, flags, console),
    )


def _options(flags: SyncFlags, project: Project, environment: settings.Environment) -> SyncOptions:
    return SyncOptions(
        base_url=settings.base_url(environment, flags.base_url, project.base_url).value,
        root=project.root,
        push=flags.push,
        check=flags.check,
        dry_run=flags.dry_run,
        force=flags.force,
        wait_for=flags.wait_for,
        seconds=flags.timeout,
        wait_seconds=flags.wait_timeout,
        retry=Retry(tries=flags.retries + 1),
    )


def _local_reader(project: Project, flags: SyncFlags, console: Console) -> ReadLocalSettings:
    """Reads a bot of the project in a worker, when it is called; bots of one file at once."""

    @cache
    def local() -> LocalSettings:
        # Of the dev server only what reads settings, and only where there is no deployed bot.
        from poecli.local.settings import LocalSettings

        return LocalSettings(
            project, console.env, flags.python, target=flags.target, warn=console.warn
        )

    async def read(bot: str) -> Mapping[str, Mapping[str, Any]]:
        return await local().of(bot)

    return read
