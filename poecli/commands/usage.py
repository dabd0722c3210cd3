"""What was typed wrong, in our three lines and with the near word."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from poecli.commands import VERSION_FLAGS
from poecli.commands.catalog import COMMANDS
from poecli.errors import UsageError
from poecli.suggestions import closest, did_you_mean

if TYPE_CHECKING:
    from poecli.commands.tree import ClickUsageError, Command, Context


def no_such_command(name: str) -> UsageError:
    """The error for a first word that is in no catalog: a command, or a flag before it."""
    if not name.startswith("-"):
        return UsageError(
            f"There is no command {name!r}.", why=did_you_mean(name, COMMANDS), hint="poe --help"
        )
    near = closest(name, ("--help", *VERSION_FLAGS))
    return UsageError(
        f"There is no flag {name!r}.",
        why=f"Did you mean {near!r}?" if near else "Other flags come after their command.",
        hint="poe --help",
    )


def check_numbers(ctx: Context, name: str) -> None:
    """Refuse what Python takes for a number and JSON does not: nan, inf, 1e999."""
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name or "")
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(
                f"{parameter.opts[0]} must be a finite number, not {value}.",
                hint=f"poe {name} --help",
            )


def usage_error(error: ClickUsageError, name: str, command: Command) -> UsageError:
    """Click's error about the flags of the command of that name."""
    from poecli.commands.tree import NoSuchOption

    message, why = _in_plain_words(error.format_message()), ""
    if isinstance(error, NoSuchOption):
        message = f"There is no flag {error.option_name!r} in `poe {name}`."
        flags = [flag for p in command.params for flag in (*p.opts, *p.secondary_opts)]
        near = closest(error.option_name, [flag for flag in flags if flag.startswith("--")])
        why = f"Did you mean {near!r}?" if near else ""
    return UsageError(message, why=why, hint=f"poe {name} --help")


def _in_plain_words(message: str) -> str:
    """Click's sentence without its own names of types."""
    number = re.sub(r"a valid int(eger)?( range)?\.", "a whole number.", message)
    return re.sub(r"a valid float( range)?\.", "a number.", number)
