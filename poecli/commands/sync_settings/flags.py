"""The flags of `poe sync-settings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from poecli.commands.options import BaseUrl, Json, Python, Quiet, Verbose


@dataclass(frozen=True)
class SyncFlags:
    bots: Annotated[
        tuple[str, ...], typer.Argument(metavar="[BOT]...", help="Handles of your bots on Poe.")
    ] = ()
    all_bots: Annotated[bool, typer.Option("--all", help="Every bot of poe.toml.")] = False
    push: Annotated[
        bool, typer.Option("--push", help="Send the local bot's settings; it need not be deployed.")
    ] = False
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; code 7 if the last sync is outdated.")
    ] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and send nothing.")
    ] = False
    force: Annotated[
        bool, typer.Option("--force", help="Sync even if the settings break a rule.")
    ] = False
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="TARGET",
            help="The local bot: folder, file or module:name (default: .).",
        ),
    ] = None
    python: Python = None
    wait_for: Annotated[
        str | None,
        typer.Option(
            "--wait-for", metavar="URL", help="First wait until the bot answers at this URL."
        ),
    ] = None
    wait_timeout: Annotated[
        float,
        typer.Option("--wait-timeout", metavar="SECONDS", min=0, help="How long to wait for it."),
    ] = 300.0
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Time limit for Poe's answer."),
    ] = 120.0
    retries: Annotated[
        int,
        typer.Option("--retries", metavar="N", min=0, help="Retries after a temporary failure."),
    ] = 2
    access_key_file: Annotated[
        Path | None,
        typer.Option("--access-key-file", metavar="FILE", help="Read the access key from a file."),
    ] = None
    access_key_stdin: Annotated[
        bool, typer.Option("--access-key-stdin", help="Read the access key from standard input.")
    ] = False
    access_key: Annotated[
        str | None,
        typer.Option("--access-key", metavar="KEY", help="The key itself: others see it in `ps`."),
    ] = field(default=None, repr=False)
    base_url: BaseUrl = None
    json: Json = False
    quiet: Quiet = False
    verbose: Verbose = False

    @property
    def are_for_one_bot(self) -> bool:
        """True when one of them says the key or the URL of a bot."""
        given = (self.access_key, self.access_key_file, self.wait_for)
        return self.access_key_stdin or any(value is not None for value in given)
