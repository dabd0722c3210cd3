"""The one door out: runs the command that was named, and turns whatever happens into a code.

Only the named command is imported. Click's own errors are told in our three lines; anything
unforeseen is our bug, saved as a report.
"""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from poecli import __version__
from poecli.commands import VERSION_FLAGS
from poecli.commands.catalog import COMMANDS, Entry
from poecli.errors import ExitCode, PoeCliError, UsageError
from poecli.suggestions import closest, did_you_mean
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.commands.tree import ClickUsageError, Command, Context


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(arguments: Sequence[str], console: Console | None = None) -> int:
    """Run one command line to its exit code. Never raises."""
    console = console or Console.system()
    # An error before the command has read its flags is told in the form it was asked for.
    console.json_mode = "--json" in arguments
    try:
        code = _dispatch(list(arguments), console)
        console.stdout.flush()
    except PoeCliError as error:
        return _told(console, error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001 - the one door: anything else is our own bug
        return _told(console, _not_ours(error) or _our_bug(error, arguments))
    return code


def _told(console: Console, error: PoeCliError) -> int:
    try:
        console.show_error(error)
    except BrokenPipeError:
        return _closed_pipe()
    return error.exit_code


def _closed_pipe() -> int:
    _stdout_to_nowhere()
    return ExitCode.CLOSED_PIPE


def _stdout_to_nowhere() -> None:
    """The interpreter flushes stdout once more at exit; what is left of it is lost anyway."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _not_ours(error: Exception) -> PoeCliError | None:
    """The error for a full disk under stdout or a stale variable of TLS; None for anything else."""
    if not isinstance(error, OSError):
        return None
    if error.errno not in _DISK_FULL:
        from poecli.config.trust import mistake_behind

        return mistake_behind(error, os.environ)
    _stdout_to_nowhere()
    return PoeCliError(
        "The output can't be written.", why=str(error), hint="Make room on the disk."
    )


def _dispatch(arguments: list[str], console: Console) -> int:
    name = arguments[0] if arguments else ""
    if not name:
        from poecli.commands.overview import situation

        console.data("\n".join(situation(Path.cwd())))
        return ExitCode.DONE
    if name in VERSION_FLAGS:
        console.data(f"poe {__version__}")
        return ExitCode.DONE
    if name in ("--help", "-h"):
        from poecli.commands.overview import help_text

        console.data(help_text(console))
        return ExitCode.DONE
    entry = COMMANDS.get(name)
    if entry is None:
        raise _no_flag(name) if name.startswith("-") else no_such_command(name)
    return _invoke(entry, arguments[1:], console)


def no_such_command(name: str) -> UsageError:
    """The error for a command that is not in the catalog."""
    return UsageError(
        f"There is no command {name!r}.", why=did_you_mean(name, COMMANDS), hint="poe --help"
    )


def _no_flag(name: str) -> UsageError:
    near = closest(name, ("--help", *VERSION_FLAGS))
    return UsageError(
        f"There is no flag {name!r}.",
        why=f"Did you mean {near!r}?" if near else "Other flags stand after their command.",
        hint="poe --help",
    )


def _invoke(entry: Entry, arguments: list[str], console: Console) -> int:
    import typer

    from poecli.commands.tree import ClickUsageError, command_of

    command = command_of(entry)
    try:
        with command.make_context(f"poe {entry.name}", arguments, obj=console) as ctx:
            _check_numbers(ctx, entry)
            result = command.invoke(ctx)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except ClickUsageError as error:
        raise _usage(error, entry, command) from error
    return int(result or ExitCode.DONE)


def _check_numbers(ctx: Context, entry: Entry) -> None:
    """Refuse what Python takes for a number and JSON does not: nan, inf, 1e999."""
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name or "")
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(
                f"{parameter.opts[0]} must be a finite number, not {value}.",
                hint=f"poe {entry.name} --help",
            )


def _usage(error: ClickUsageError, entry: Entry, command: Command) -> UsageError:
    from poecli.commands.tree import NoSuchOption

    message, why = _in_plain_words(error.format_message()), ""
    if isinstance(error, NoSuchOption):
        message = f"There is no flag {error.option_name!r} in `poe {entry.name}`."
        flags = [flag for p in command.params for flag in (*p.opts, *p.secondary_opts)]
        near = closest(error.option_name, [flag for flag in flags if flag.startswith("--")])
        why = f"Did you mean {near!r}?" if near else ""
    return UsageError(message, why=why, hint=f"poe {entry.name} --help")


def _in_plain_words(message: str) -> str:
    """Click's sentence without its own names of types."""
    number = re.sub(r"a valid int(eger)?( range)?\.", "a whole number.", message)
    return re.sub(r"a valid float( range)?\.", "a number.", number)


def _our_bug(error: Exception, arguments: Sequence[str]) -> PoeCliError:
    from poecli.commands.bug_report import save_report

    try:
        place = f"A report without keys was saved: {save_report(error, arguments, os.environ)}"
    except OSError as problem:
        place = f"No report could be saved: {problem}"
    bug = PoeCliError(
        f"This is a bug in poe: {type(error).__name__} in `poe {' '.join(arguments[:1])}`.",
        why=place,
        hint="poe doctor --report, and send both with what you typed",
        id="our-bug",
    )
    bug.exit_code = ExitCode.OUR_BUG
    return bug
