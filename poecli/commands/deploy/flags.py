"""The flags of `poe deploy`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from poecli.commands.options import BaseUrl, Json, Python, Quiet


@dataclass(frozen=True)
class DeployFlags:
    bots: Annotated[
        tuple[str, ...], typer.Argument(metavar="[BOT]...", help="Handles of bots of poe.toml.")
    ] = ()
    all_bots: Annotated[
        bool, typer.Option("--all", help="Every bot that has a place in poe.toml.")
    ] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the steps and their commands; do nothing.")
    ] = False
    skip: Annotated[
        tuple[str, ...],
        typer.Option("--skip", metavar="STEP", help="Leave out a step: check, tests or sync."),
    ] = ()
    wait: Annotated[
        float,
        typer.Option(
            "--wait", metavar="SECONDS", min=0, help="How long the new code may take to answer."
        ),
    ] = 300.0
    python: Python = None
    base_url: BaseUrl = None
    json: Json = False
    quiet: Quiet = False
