"""`poe models`: the public bots and models on Poe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from poecli.commands.options import BaseUrl, Json
from poecli.terminal.console import Console


@dataclass(frozen=True)
class ModelsFlags:
    search: Annotated[
        str | None,
        typer.Argument(
            metavar="WORDS", help="Words to search for in handle, owner and description."
        ),
    ] = None
    takes: Annotated[
        str | None, typer.Option("--takes", metavar="KIND", help="Input: text, image, video …")
    ] = None
    gives: Annotated[
        str | None, typer.Option("--gives", metavar="KIND", help="Output: text, image, audio …")
    ] = None
    offline: Annotated[bool, typer.Option("--offline", help="Use the stored list only.")] = False
    base_url: BaseUrl = None
    json: Json = False


def models(console: Console, flags: ModelsFlags) -> None:
    """List the bots that Poe offers to scripts, with what they take, give and cost.

    The list needs no key. It is kept for completion, and shown from there without a network.

    Examples:
      poe models claude
      poe models --gives image
      poe models --json | jq -r '.models[].id'
    """
    from poecli.config.paths import user_folders
    from poecli.config.project import find_project
    from poecli.config.settings import base_url, read_environment
    from poecli.models.listing import kept_list, newest_list
    from poecli.models.rows import matching, model_as_json, rows_of

    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    poe = base_url(environment, flags.base_url, project.base_url).value
    folder = user_folders(console.env).cache
    listed = kept_list(folder, poe) if flags.offline else newest_list(folder, poe, console.warn)
    found = matching(listed, flags.search or "", flags.takes, flags.gives)
    if flags.json:
        console.json({"type": "models", "models": [model_as_json(model) for model in found]})
        return
    for row in rows_of(found, console.width if console.stdout_is_terminal else None):
        console.data(row)
    if not found:
        console.say("No model matches.")
