"""The flags of `poe upgrade`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from poecli.commands.options import Json, Quiet


@dataclass(frozen=True)
class UpgradeFlags:
    target: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder, a file, or module:name.")
    ] = "."
    write: Annotated[
        bool, typer.Option("--write", help="Change the files, instead of showing a diff.")
    ] = False
    only: Annotated[
        tuple[str, ...], typer.Option("--only", metavar="RULE", help="Only these rules.")
    ] = ()
    skip: Annotated[
        tuple[str, ...], typer.Option("--skip", metavar="RULE", help="All rules except these.")
    ] = ()
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="Explain a rule, or `all`.")
    ] = None
    json: Json = False
    quiet: Quiet = False
