"""`poe dev`: run a bot with hot reload, next to a local Poe."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from poecli.commands.app import get_console
from poecli.commands.options import Json, Quiet, Verbose


class ReloadWith(str, Enum):
    """Where the process comes from that takes a change in."""

    auto = "auto"
    fork = "fork"
    standby = "standby"
    fresh = "fresh"


BOT_HELP = (
    "What answers for a bot yours calls: mock, script:FILE, local:TARGET, live, record:FILE, "
    "replay:FILE or off."
)
FAULT_HELP = (
    "A failure of the local Poe to rehearse, of all calls or of a share (cut=0.3): rate-limit, "
    "server-error, access-denied, slow-first-event, cut, malformed-event, duplicate-done, "
    "empty-answer, insufficient-funds or upload-failure."
)


def dev(
    ctx: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(help="A folder, file.py, file.py:name or module:name."),
    ] = None,
    *,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on (default: 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", "-p", min=0, max=65535, help="8080; 0 or --exec: any free one."),
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Take saved changes in.")
    ] = True,
    reload_with: Annotated[
        ReloadWith, typer.Option("--reload-with", help="How the next process is made.")
    ] = ReloadWith.auto,
    access_key: Annotated[
        str | None,
        typer.Option("--access-key", help="Key that callers must show (POE_ACCESS_KEY is safer)."),
    ] = None,
    bot: Annotated[
        list[str] | None,
        typer.Option("--bot", metavar="NAME=MODE", help=BOT_HELP),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME[=SHARE]", help=FAULT_HELP),
    ] = None,
    balance: Annotated[
        int | None,
        typer.Option("--balance", min=0, help="What users can pay, in milli-cents of a USD."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the local Poe's chance.")] = 0,
    execute: Annotated[
        str | None,
        typer.Option(
            "--exec", metavar="COMMAND", help="Run this when ready, stop, end with its code."
        ),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Let a debugger attach (needs debugpy).")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Run a bot with hot reload, next to a local Poe.

    A save shows in the next answer; running answers end on the code that began them. Nothing
    leaves this machine unless --bot NAME=live says so. A bot that does not load at the start is
    waited for on a terminal, and ends `poe dev` with code 6 in a script.

    Examples:
      poe dev
      poe dev bots/echo.py:EchoBot --port 0
      poe dev --bot GPT-3.5-Turbo=live
      poe dev --exec "pytest tests"
    """
    from poecli.commands.dev.options import DevFlags, settle_options
    from poecli.commands.dev.session import run_session

    console = get_console(ctx)
    console.json_mode, console.quiet, console.verbose = json, quiet, verbose
    flags = DevFlags(
        target=target,
        host=host,
        port=port,
        reload=reload,
        reload_with=reload_with.value,
        access_key=access_key,
        bots=tuple(bot or ()),
        faults=tuple(fault or ()),
        balance=balance,
        seed=seed,
        execute=execute,
        debug=debug,
    )
    return run_session(console, settle_options(flags, console.env, Path.cwd()))
