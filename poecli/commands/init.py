"""`poe init`: a poe.toml for a bot that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from poecli.commands.app import get_console
from poecli.commands.options import Json, Quiet
from poecli.errors import UsageError


def init(
    ctx: typer.Context,
    directory: Annotated[
        str, typer.Argument(help="The folder with the bot, or file.py:name in it.")
    ] = ".",
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="The bot's handle on Poe (default: the folder's).")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a poe.toml for the bot in this folder; nothing else is touched.

    Examples:
      poe init
      poe init path/to/bot --name my-bot
      poe init bots.py:EchoBot
    """
    from poecli.config.project import FILE_NAME
    from poecli.config.target import Target
    from poecli.scaffold.existing import examine, poe_toml
    from poecli.scaffold.names import HANDLE_RULE, check_handle, handle_for
    from poecli.scaffold.writer import write_project

    console = get_console(ctx)
    console.quiet = quiet
    given = Path(directory).resolve()
    target = Target.parse(directory, Path.cwd()) if not given.is_dir() else None
    folder = target.file.parent if target else given
    file = folder / FILE_NAME
    if file.exists():
        raise UsageError(f"{file} is there already.", hint="Edit it, or remove it first.")
    target = target or Target.parse(str(folder), folder)
    if not target.file.is_relative_to(folder):
        raise UsageError(
            f"There is no bot in {folder}.",
            why=f"The nearest one is {target.file}.",
            hint=f"poe init {target.root}",
        )
    project = examine(target.file, target.attribute)
    shown = target.file.relative_to(folder).as_posix()
    shown += f":{target.attribute}" if target.attribute else ""
    handle = check_handle(name) if name else handle_for(folder)
    content = poe_toml(project, shown, handle)
    write_project(folder, {FILE_NAME: content}, force=True)
    if json:
        console.json({"type": "initialized", "path": str(file), "target": shown})
        return
    console.say(f"{file} is written, for the bot in {shown}.")
    if not name and handle != folder.name:
        console.say(f"It is called {handle!r} there. {HANDLE_RULE}")
    console.say("Next:\n  poe dev\n  poe chat .")
