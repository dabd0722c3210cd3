"""`poe init`: a poe.toml for a bot that already exists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from poecli.commands.options import Json, Quiet
from poecli.errors import UsageError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.config.target import Target


@dataclass(frozen=True)
class InitFlags:
    directory: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="The folder with the bot, or file.py:name in it."),
    ] = "."
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="HANDLE", help="The bot's handle on Poe (default: the folder's)."
        ),
    ] = None
    json: Json = False
    quiet: Quiet = False


def init(console: Console, flags: InitFlags) -> None:
    """Write a poe.toml for the bot in this folder; nothing else is touched.

    Examples:
      poe init
      poe init path/to/bot --name my-bot
      poe init bots.py:EchoBot
    """
    from poecli.config.project import FILE_NAME
    from poecli.scaffold.existing import examine, poe_toml
    from poecli.scaffold.names import HANDLE_RULE, check_handle, handle_for
    from poecli.scaffold.writer import write_project

    folder, target = _bot_in(flags.directory)
    project = examine(target.file, target.attribute)
    shown = target.file.relative_to(folder).as_posix()
    shown += f":{target.attribute}" if target.attribute else ""
    handle = check_handle(flags.name) if flags.name else handle_for(folder)
    write_project(folder, {FILE_NAME: poe_toml(project, shown, handle)}, force=True)
    file = folder / FILE_NAME
    if flags.json:
        console.json({"type": "initialized", "path": str(file), "target": shown})
        return
    console.say(f"{file} is written, for the bot in {shown}.")
    if not flags.name and handle != folder.name:
        console.say(f"It is called {handle!r} there. {HANDLE_RULE}")
    console.say("Next:\n  poe dev\n  poe chat .")


def _bot_in(directory: str) -> tuple[Path, Target]:
    """The folder for the project file, and the bot there. Raises UsageError, BotLoadError."""
    from poecli.config.project import FILE_NAME
    from poecli.config.target import Target

    given = Path(directory).resolve()
    target = Target.parse(directory, Path.cwd()) if not given.is_dir() else None
    folder = target.file.parent if target else given
    if (folder / FILE_NAME).exists():
        raise UsageError(
            f"{folder / FILE_NAME} already exists.", hint="Edit it, or remove it first."
        )
    target = target or Target.parse(str(folder), folder)
    if not target.file.is_relative_to(folder):
        raise UsageError(
            f"There is no bot in {folder}.",
            why=f"The nearest one is {target.file}.",
            hint=f"poe init {target.root}",
        )
    return folder, target
