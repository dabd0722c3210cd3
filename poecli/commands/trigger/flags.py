"""The flags of `poe trigger`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import Json, Python, Quiet

EventName = Literal["query", "settings", "report_feedback", "report_reaction", "report_error"]


@dataclass(frozen=True)
class TriggerFlags:
    event: Annotated[
        EventName | None, typer.Argument(metavar="EVENT", help="What to send; see --list.")
    ] = None
    assignments: Annotated[
        tuple[str, ...],
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Set a field: query.-1.content=Hi. The value is JSON, else a text.",
        ),
    ] = ()
    removals: Annotated[
        tuple[str, ...],
        typer.Option("--remove", metavar="PATH", help="Remove a field, after every --set."),
    ] = ()
    raw: Annotated[
        Path | None,
        typer.Option("--raw", metavar="FILE", help="Send this file byte for byte (-: stdin)."),
    ] = None
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", help="The bot to send it to (default: the project's own)."
        ),
    ] = None
    project_bot: Annotated[
        str | None,
        typer.Option("--bot", metavar="NAME", help="Which of the project's bots."),
    ] = None
    python: Python = None
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the body, and send nothing.")
    ] = False
    curl: Annotated[
        bool, typer.Option("--curl", help="Print a curl command, and send nothing.")
    ] = False
    show_list: Annotated[bool, typer.Option("--list", help="List the events.")] = False
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", metavar="SECONDS", min=0.1, help="Time limit for the whole answer."
        ),
    ] = 60.0
    access_key_file: Annotated[
        Path | None,
        typer.Option("--access-key-file", metavar="FILE", help="Read the access key from a file."),
    ] = None
    json: Json = False
    quiet: Quiet = False
