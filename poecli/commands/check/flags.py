"""The flags of `poe check`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import AnswerSeconds, Bots, Faults, Json, Python, Quiet


@dataclass(frozen=True)
class CheckFlags:
    target: Annotated[
        str, typer.Argument(metavar="BOT", help="The bot: a URL, or a folder, file or module:name.")
    ] = "."
    only: Annotated[
        tuple[str, ...], typer.Option("--only", metavar="RULE", help="Only these rules.")
    ] = ()
    skip: Annotated[
        tuple[str, ...], typer.Option("--skip", metavar="RULE", help="All rules except these.")
    ] = ()
    level: Annotated[
        Literal["must", "should", "advice"],
        typer.Option("--level", help="The lowest level that fails the check."),
    ] = "should"
    repeat: Annotated[
        int,
        typer.Option("--repeat", metavar="N", min=1, help="Check N times, to find flaky answers."),
    ] = 1
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="Explain a rule, or `all`.")
    ] = None
    format: Annotated[
        Literal["text", "json", "junit", "sarif", "github"],
        typer.Option("--format", help="How to print the report."),
    ] = "text"
    message: Annotated[
        str | None,
        typer.Option("--message", "-m", metavar="TEXT", help="The message of the plain question."),
    ] = None
    bot: Bots = ()
    fault: Faults = ()
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Ask the real Poe for bots that are live or record; without it mocks answer.",
        ),
    ] = False
    timeout: AnswerSeconds = 60.0
    fastapi_poe: Annotated[
        str | None,
        typer.Option(
            "--fastapi-poe",
            metavar="VERSION,...",
            help="Check with each of these versions of fastapi_poe (newest is one), in "
            "throw-away environments.",
        ),
    ] = None
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Also start the bot as its Dockerfile or main block does, and end it in "
            "mid-answer.",
        ),
    ] = False
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Apply the rules of `poe upgrade` that cure what was found."),
    ] = False
    access_key_file: Annotated[
        Path | None,
        typer.Option("--access-key-file", metavar="FILE", help="Read the access key from a file."),
    ] = None
    from_session: Annotated[
        str | None,
        typer.Option("--from-session", metavar="CHAT", help="Write a stored chat as a test."),
    ] = None
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="The file for --from-session.")
    ] = None
    python: Python = None
    json: Json = False
    quiet: Quiet = False
