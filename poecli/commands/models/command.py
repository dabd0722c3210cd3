"""`poe models`: the public bots and models on Poe."""

from __future__ import annotations

from typing import Annotated

import typer

from poecli.commands.app import get_console
from poecli.commands.options import BaseUrl, Json


def models(
    ctx: typer.Context,
    search: Annotated[
        str | None, typer.Argument(help="Words that handle, owner or description hold.")
    ] = None,
    *,
    takes: Annotated[
        str | None, typer.Option("--takes", metavar="KIND", help="Input: text, image, video …")
    ] = None,
    gives: Annotated[
        str | None, typer.Option("--gives", metavar="KIND", help="Output: text, image, audio …")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only what was listed last time.")
    ] = False,
    base_url: BaseUrl = None,
    json: Json = False,
) -> None:
    """List the bots that Poe offers to scripts, with what they take, give and cost.

    The list needs no key. It is kept for completion, and shown from there without a network.

    Examples:
      poe models claude
      poe models --gives image
      poe models --json | jq -r '.models[].id'
    """
    from poecli.commands.models.list import ModelsFlags, list_models

    console = get_console(ctx)
    console.json_mode = json
    flags = ModelsFlags(search or "", takes, gives, offline, base_url)
    list_models(console, flags, json=json)
