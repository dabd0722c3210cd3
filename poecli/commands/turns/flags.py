"""The flags of `poe turns`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import Json

Action = Literal["list", "show", "search", "export", "rm"]


@dataclass(frozen=True)
class TurnsFlags:
    action: Annotated[
        Action | None,
        typer.Argument(metavar="ACTION", help="list, show, search, export or rm. [list]"),
    ] = None
    words: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="TURN|WORDS", help="A number, a range (3-7), an id, `last`; words to search."
        ),
    ] = ()
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", metavar="N", min=1, help="list, search: so many of the newest."
        ),
    ] = 20
    all_: Annotated[bool, typer.Option("--all", help="Every turn (not: show).")] = False
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="AGE", help="rm: those older than 12h, 7d, 4w."),
    ] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="export: where to.")
    ] = None
    json: Json = False
