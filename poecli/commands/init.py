"""`poe init`: a poe.toml for bots that already exist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from poecli.commands.options import Json, Quiet
from poecli.errors import UsageError
from poecli.suggestions import shell_word
from poecli.terminal.console import Console


@dataclass(frozen=True)
class InitFlags:
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="The project's folder, a bot file or file.py:name."),
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
    """Write a poe.toml for the bots that are here, and keep .env out of git.

    Examples:
      poe init
      poe init path/to/bot --name my-bot
      poe init bots.py:EchoBot
    """
    from poecli.config.project import FILE_NAME
    from poecli.config.values import suggest_handle
    from poecli.scaffold.existing import ExistingProject, poe_toml
    from poecli.scaffold.names import check_handle, renamed
    from poecli.scaffold.private_env import keep_env_private
    from poecli.scaffold.writer import write_project

    folder, files, attribute = _found(flags.target)
    project = ExistingProject.of_files(folder, files, attribute)
    handle = check_handle(flags.name) if flags.name else suggest_handle(folder.name)
    first, *others = project.targets
    if flags.name and others:
        raise UsageError(
            "--name can't name several bots.",
            why=f"There are {len(project.targets)}: {', '.join(project.targets)}.",
            hint=f"poe init {first} --name {flags.name}",
        )
    write_project(folder, {FILE_NAME: poe_toml(project, handle)}, force=True)
    keep_env_private(folder, console.say, console.warn)
    file, handles = folder / FILE_NAME, project.handles(handle)
    if flags.json:
        console.json({"type": "initialized", "path": str(file), "target": first, "bots": handles})
        return
    if others:
        console.say(f"{file} is written, for these bots; `poe dev` alone serves the first.")
        for name, bot in zip(handles, project.bots, strict=True):
            console.say(f"  {name}: poe dev {shell_word(bot.target)}")
    else:
        console.say(f"{file} is written, for the bot in {first}.")
        if not flags.name and (note := renamed(folder, handle)):
            console.say(note)
    console.say("Next:\n  poe dev\n  poe chat .")


def _found(typed: str) -> tuple[Path, list[Path], str | None]:
    """The folder for the project file, its bot files, and the name in the one that was typed.

    Raises UsageError, BotLoadError.
    """
    from poecli.config.project import FILE_NAME
    from poecli.config.target import Target, files_in, is_source_folder

    here, given = Path.cwd(), Path(typed).resolve()
    if given.is_dir():
        folder, files, attribute = given, files_in(given), None
        if is_source_folder(given):
            folder = Target.parse(str(files[0]), here).root
    else:
        target = Target.parse(typed, here)
        folder = here if target.file.is_relative_to(here) else target.root
        files, attribute = [target.file], target.attribute
    if (folder / FILE_NAME).exists():
        raise UsageError(
            f"{folder / FILE_NAME} already exists.", hint="Edit it, or remove it first."
        )
    return folder, files, attribute
