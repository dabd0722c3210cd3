"""The one door out: runs the command that was named, and turns whatever happens into a code.

Only the named command is imported. Anything unforeseen is our bug, saved as a report.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from poecli import __version__
from poecli.commands import VERSION_FLAGS
from poecli.commands.catalog import COMMANDS, Entry
from poecli.commands.usage import check_numbers, no_such_command, usage_error
from poecli.errors import ExitCode, PoeCliError, UsageError
from poecli.suggestions import shell_word
from poecli.system_errors import explained, unusable
from poecli.terminal.console import Console, to_nowhere

_STDOUT, _STDERR = 1, 2
_SIGNALLED = ExitCode.INTERRUPTED - signal.SIGINT  # as shells have it
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NEVER_OURS = (errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS)  # whatever is done with the path


def run(arguments: Sequence[str], console: Console | None = None) -> int:
    """Run one command line to its exit code. Never raises."""
    console = console or Console.system()
    # An error before the command has read its flags is shown in the form it was asked for.
    console.json_mode = "--json" in arguments
    try:
        code = _dispatch(list(arguments), console)
        console.stdout.flush()
    except PoeCliError as error:
        return _shown(console, error)
    except KeyboardInterrupt as stop:
        _let_go(console)
        return _SIGNALLED + getattr(stop, "number", signal.SIGINT)
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001 - the one door: anything else is our own bug
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            to_nowhere(_STDOUT)
        return _shown(console, refusal(error) or _our_bug(error, arguments))
    return code


def _dispatch(arguments: list[str], console: Console) -> int:
    name = arguments[0] if arguments else ""
    if not name:
        from poecli.commands.situation import situation

        console.data("\n".join(situation(Path.cwd())))
    elif name in VERSION_FLAGS:
        console.data(f"poe {__version__}")
    elif name in ("--help", "-h"):
        from poecli.commands.overview import overview

        console.data(overview(console))
    elif name in COMMANDS:
        return _invoke(COMMANDS[name], arguments[1:], console)
    else:
        raise no_such_command(name)
    return ExitCode.DONE


def _invoke(entry: Entry, arguments: list[str], console: Console) -> int:
    import typer

    from poecli.commands.tree import ClickUsageError, command_of

    command = command_of(entry)
    try:
        with command.make_context(f"poe {entry.name}", arguments, obj=console) as ctx:
            check_numbers(ctx, entry.name)
            result = command.invoke(ctx)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except ClickUsageError as error:
        raise usage_error(error, entry.name, command) from error
    return int(result or ExitCode.DONE)


# --- what went wrong ---


def _shown(console: Console, error: PoeCliError) -> int:
    try:
        console.show_error(error)
    except BrokenPipeError:
        return _closed_pipe()
    except OSError:  # no room for it: its code is all that can be told
        to_nowhere(_STDERR)
    return error.exit_code


def _closed_pipe() -> int:
    to_nowhere(_STDOUT, _STDERR)
    return ExitCode.CLOSED_PIPE


def _let_go(console: Console) -> None:
    """Write what is held back; whoever read it may have been stopped by the same Ctrl-C."""
    try:
        console.stdout.flush()
        console.stderr.flush()
    except OSError:
        to_nowhere(_STDOUT, _STDERR)


def refusal(error: BaseException) -> PoeCliError | None:
    """The error for what the system refuses: room, a path, a stale variable; None for the rest."""
    if not isinstance(error, OSError):
        return None
    if error.errno in _DISK_FULL:
        return PoeCliError("The output can't be written.", **explained(error))
    from poecli.config.network.trust import mistake_behind

    return mistake_behind(error, os.environ) or _of_a_path(error)


def _of_a_path(error: OSError) -> PoeCliError | None:
    if isinstance(error, PermissionError) and error.filename:
        hint = f"ls -ld {shell_word(str(error.filename))}"
        return unusable(error.filename, "opened", error, hint=hint)
    if error.errno in _NEVER_OURS and error.filename:
        return unusable(error.filename, "used", error)
    try:
        Path.cwd()
    except FileNotFoundError:
        return UsageError(
            "The folder that you are in no longer exists.",
            why="It was removed, or another one has its name now.",
            hint='cd "$PWD", or cd to another folder',
        )
    return None


def _our_bug(error: Exception, arguments: Sequence[str]) -> PoeCliError:
    from poecli.commands.bug_report import OurBug

    return OurBug.reported(error, arguments, os.environ)
