"""The command tree: the function of a catalog entry becomes a command with our common flags."""

from __future__ import annotations

import importlib
import inspect

import typer

# Typer carries Click within itself since 0.26 and names little of it in public; the pin in
# pyproject.toml makes these imports safe, and they stand here only.
from typer._click import Command as Command  # noqa: PLC0414 - re-exported for the other files
from typer._click import Context as Context  # noqa: PLC0414
from typer._click import Parameter as Parameter  # noqa: PLC0414
from typer._click.exceptions import NoSuchOption as NoSuchOption  # noqa: PLC0414
from typer._click.exceptions import UsageError as ClickUsageError
from typer.core import TyperOption
from typer.main import get_command

from poecli.commands.catalog import Entry
from poecli.commands.options import typer_function
from poecli.terminal.console import Console

__all__ = ["ClickUsageError", "Command", "Context", "NoSuchOption", "Parameter"]

WIDTH = 80
_CONTEXT = {"help_option_names": ["--help", "-h"], "max_content_width": WIDTH}


def _common_flag(name: str, help_text: str) -> TyperOption:
    attribute = name.strip("-").replace("-", "_")

    def remember(ctx: Context, _parameter: Parameter, value: bool) -> None:
        if value and isinstance(ctx.obj, Console):
            setattr(ctx.obj, attribute, value)

    return TyperOption(
        param_decls=[name],
        type=bool,
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=remember,
        help=help_text,
    )


def command_of(entry: Entry) -> Command:
    """The command of a catalog entry, its module imported now.

    Its docstring is the help; "Examples:" stays as it is laid out.
    """
    module, name = entry.function.split(":")
    function = getattr(importlib.import_module(module), name)
    # Rich help would cost twice the whole start (measured: 15 against 6 bare starts).
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    help_text = _kept_layout(inspect.cleandoc(function.__doc__ or ""))
    register = app.command(entry.name, help=help_text, context_settings=dict(_CONTEXT))
    register(typer_function(function))
    command = get_command(app)
    command.params += [
        _common_flag("--no-input", "Never prompt; a missing choice ends with code 2."),
        _common_flag("--no-color", "No colour."),
    ]
    return command


def _kept_layout(text: str) -> str:
    # "\b" on a line of its own keeps Click from joining the lines of a paragraph.
    return text.replace("\nExamples:\n", "\n\b\nExamples:\n")
