"""`poe sync-settings`: make Poe fetch a bot's settings, or push the local bot's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poecli.commands.app import get_console
from poecli.commands.options import BaseUrl, Json, Quiet, Verbose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poecli.config.project import Project
    from poecli.settings_sync.sources import ReadLocalSettings


def sync_settings(
    ctx: typer.Context,
    bots: Annotated[
        list[str] | None, typer.Argument(metavar="[BOT]...", help="Handles of your bots on Poe.")
    ] = None,
    *,
    all_bots: Annotated[bool, typer.Option("--all", help="Every bot of poe.toml.")] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Send the local bot's settings; it need not be deployed.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; code 7 if the last sync is outdated.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and send nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Sync settings that break a rule all the same.")
    ] = False,
    target: Annotated[
        str | None,
        typer.Option("--target", help="The local bot: folder, file or module:name (default: .)."),
    ] = None,
    wait_for: Annotated[
        str | None,
        typer.Option("--wait-for", metavar="URL", help="First wait until the bot answers there."),
    ] = None,
    wait_timeout: Annotated[
        float, typer.Option("--wait-timeout", metavar="S", help="Seconds to wait for it.")
    ] = 300.0,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds for Poe to answer.")
    ] = 120.0,
    retries: Annotated[
        int, typer.Option("--retries", min=0, help="Tries after a failure that may pass.")
    ] = 2,
    access_key_file: Annotated[
        Path | None, typer.Option("--access-key-file", help="Read the access key from a file.")
    ] = None,
    access_key_stdin: Annotated[
        bool, typer.Option("--access-key-stdin", help="Read the access key from standard input.")
    ] = False,
    access_key: Annotated[
        str | None,
        typer.Option("--access-key", metavar="KEY", help="The key itself: others see it in `ps`."),
    ] = None,
    base_url: BaseUrl = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Make Poe fetch a bot's settings, or push the local bot's.

    Without a flag for it, the access key comes from the variable that poe.toml names
    (POE_ACCESS_KEY), from .env, or from a masked question.

    Examples:
      poe sync-settings my-bot
      poe sync-settings --all --push
      poe sync-settings my-bot --wait-for https://my-bot.example/ --check
    """
    from poecli.client.bot_query import Retry
    from poecli.client.http import log_requests
    from poecli.config import settings
    from poecli.config.project import find_project
    from poecli.settings_sync.access_keys import KeyFlags
    from poecli.settings_sync.bots import chosen
    from poecli.settings_sync.outcome import SyncOptions
    from poecli.settings_sync.run import sync_bots

    console = get_console(ctx)
    console.json_mode = json
    console.quiet = quiet
    if verbose:
        log_requests(console.stderr)
    project = find_project(Path.cwd())
    environment = settings.read_environment(console.env, project.root)
    options = SyncOptions(
        base_url=settings.base_url(environment, base_url, project.base_url).value,
        root=project.root,
        push=push,
        check=check,
        dry_run=dry_run,
        force=force,
        wait_for=wait_for,
        seconds=timeout,
        wait_seconds=wait_timeout,
        retry=Retry(tries=retries + 1),
    )
    entries = chosen(project, bots or (), all_bots=all_bots)
    flags = KeyFlags(access_key, access_key_file, access_key_stdin)
    read_local = local_reader(project, target)
    return sync_bots(
        console, options, entries, flags=flags, environment=environment, read_local=read_local
    )


def local_reader(project: Project, target: str | None) -> ReadLocalSettings:
    """Reads the project's bot in a worker, when it is called."""

    async def read() -> Mapping[str, Mapping[str, Any]]:
        from poecli.devserver.local_settings import read_local_settings
        from poecli.hosting.target import Target

        if target is not None:
            return await read_local_settings(Target.parse(target, Path.cwd()))
        return await read_local_settings(Target.parse(project.dev.target or ".", project.root))

    return read
