"""The flags of `poe replay`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import AnswerSeconds, Json, Python, Quiet


@dataclass(frozen=True)
class ReplayFlags:
    turns: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="TURN", help="A number, a range (3-7), an id, or an exported file. [all]"
        ),
    ] = ()
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="The newest N turns.")
    ] = None
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask other bots anew, in the modes of poe.toml.")
    ] = False
    like: Annotated[
        tuple[Path, ...],
        typer.Option(
            "--like",
            metavar="FILE.chat.toml",
            help="Compare only what this conversation expects, by the user's words.",
        ),
    ] = ()
    accept: Annotated[
        bool, typer.Option("--accept", help="Make the new answers the expected ones.")
    ] = False
    watch: Annotated[bool, typer.Option("--watch", help="Replay again after every save.")] = False
    format: Annotated[
        Literal["text", "json", "junit", "github"],
        typer.Option("--format", help="How to print the outcome."),
    ] = "text"
    timeout: AnswerSeconds = 60.0
    python: Python = None
    json: Json = False
    quiet: Quiet = False
