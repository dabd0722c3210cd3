"""The front door: what needs no import is answered here, the rest is run and caught.

Imports stand inside functions to keep `poe --version`, `poe --help` and a TAB fast: Typer alone
costs six times a bare interpreter start.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from poecli.terminal.console import Console


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code of the process (errors.ExitCode)."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments in (["--version"], ["-V"]):
        from poecli import __version__

        sys.stdout.write(f"poe {__version__}\n")
        return 0
    from poecli.commands.run import run

    return run(arguments)


def get_console(ctx: typer.Context) -> Console:
    """The console that the door hands to a command."""
    from poecli.terminal.console import Console

    return ctx.ensure_object(Console)
