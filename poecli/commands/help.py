"""`poe help`: a command's help, or the whole tree for tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from poecli.commands.catalog import COMMANDS, Entry
from poecli.commands.options import Json
from poecli.commands.overview import overview
from poecli.commands.tree import WIDTH, Context, Parameter, command_of
from poecli.commands.usage import no_such_command
from poecli.errors import EXIT_CODE_MEANINGS
from poecli.terminal.console import Console


@dataclass(frozen=True)
class HelpFlags:
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="The command to explain.")
    ] = None
    json: Json = False


def help(console: Console, flags: HelpFlags) -> None:  # noqa: A001 - named as typed
    """Explain a command; without one, everything.

    Examples:
      poe help dev
      poe help --json | jq '.commands | keys'
    """
    command = flags.command
    if command is not None and command not in COMMANDS:
        raise no_such_command(command)
    if flags.json:
        console.json(tree_as_json([command] if command else list(COMMANDS)))
    else:
        console.data(command_help(command) if command else overview(console))


def command_help(name: str) -> str:
    """The help page of one command, in 80 columns."""
    command = command_of(COMMANDS[name])
    with Context(command, info_name=f"poe {name}", max_content_width=WIDTH) as ctx:
        ctx.terminal_width = WIDTH
        return command.get_help(ctx)


def tree_as_json(names: list[str]) -> dict[str, Any]:
    """Commands with their parameters, and the exit codes."""
    commands = {name: _command(COMMANDS[name]) for name in names}
    codes = {str(int(code)): meaning for code, meaning in EXIT_CODE_MEANINGS.items()}
    return {"type": "help", "commands": commands, "exit_codes": codes}


def _command(entry: Entry) -> dict[str, Any]:
    command = command_of(entry)
    return {
        "group": entry.group,
        "summary": entry.summary,
        "help": (command.help or "").replace("\b\n", ""),
        "parameters": [_parameter(parameter) for parameter in command.params],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    choices = getattr(parameter.type, "choices", None)
    is_option = parameter.param_type_name == "option"
    return {
        "name": parameter.name,
        "kind": "option" if is_option else "argument",
        "flags": [*parameter.opts, *parameter.secondary_opts] if is_option else [],
        "takes_value": not getattr(parameter, "is_flag", False),
        "choices": list(choices) if choices is not None else None,
        "multiple": bool(getattr(parameter, "multiple", False)),
        "required": parameter.required,
        "help": getattr(parameter, "help", None) or "",
    }
