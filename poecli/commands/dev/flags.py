"""The flags of `poe dev`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import Bots, Faults, Json, Python, Quiet, Verbose
from poecli.local.flags import LocalFlags

_NAMES = {"target": "TARGET", "execute": "--exec", "attach_to": "--attach", "reload": "--no-reload"}


@dataclass(frozen=True)
class DevFlags(LocalFlags):
    target: Annotated[
        str | None,
        typer.Argument(metavar="TARGET", help="A folder, file.py, file.py:name or module:name."),
    ] = None
    host: Annotated[
        str | None,
        typer.Option(
            "--host", metavar="ADDRESS", help="Address to listen on (default: 127.0.0.1)."
        ),
    ] = None
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            "-p",
            metavar="PORT",
            min=0,
            max=65535,
            help="Default: 8080, with --exec any free port; 0: any.",
        ),
    ] = None
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Reload when a file is saved.")
    ] = True
    reload_with: Annotated[
        Literal["auto", "fork", "standby", "fresh"],
        typer.Option("--reload-with", help="How the next process is started."),
    ] = "auto"
    python: Python = None
    access_key: Annotated[
        str | None,
        typer.Option(
            "--access-key",
            metavar="KEY",
            help="Key that callers must send (POE_ACCESS_KEY is safer).",
        ),
    ] = field(default=None, repr=False)
    bot: Bots = ()
    fault: Faults = ()
    balance: Annotated[
        int | None,
        typer.Option(
            "--balance",
            metavar="AMOUNT",
            min=0,
            help="The users' balance, in milli-cents of a USD.",
        ),
    ] = None
    save: Annotated[
        bool,
        typer.Option(
            "--save",
            help="Write --bot, --fault, --balance, --host, --port to poe.toml.",
        ),
    ] = False
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Seed of the local Poe's random choices.")
    ] = 0
    execute: Annotated[
        str | None,
        typer.Option(
            "--exec",
            metavar="COMMAND",
            help="Run this once the bot is ready; end with its exit code.",
        ),
    ] = None
    attach_to: Annotated[
        str | None,
        typer.Option(
            "--attach",
            metavar="URL",
            help="The playground in front of a bot server that runs elsewhere.",
        ),
    ] = None
    access_key_file: Annotated[
        Path | None,
        typer.Option("--access-key-file", metavar="FILE", help="With --attach: the bot's key."),
    ] = None
    debug: Annotated[
        bool, typer.Option("--debug", help="Let a debugger attach (needs debugpy).")
    ] = False
    tunnel: Annotated[
        str | None,
        typer.Option(
            "--tunnel",
            metavar="CLIENT",
            help="Give the bot a public URL by your own cloudflared, ngrok, 'ssh HOST' or any "
            "command with {port}; off: without that of poe.toml.",
        ),
    ] = None
    tunnel_url: Annotated[
        str | None,
        typer.Option(
            "--tunnel-url", metavar="URL", help="The tunnel's URL, where the client prints none."
        ),
    ] = None
    sync: Annotated[
        str | None,
        typer.Option(
            "--sync", metavar="BOT", help="Once the tunnel is open, push the settings to Poe."
        ),
    ] = None
    open: Annotated[bool, typer.Option("--open", help="Open the playground in the browser.")] = (
        False
    )
    json: Json = False
    quiet: Quiet = False
    verbose: Verbose = False

    def given(self, without: Collection[str]) -> list[str]:
        """The flags that were given, as they are typed, without those of some fields."""
        return [
            _NAMES.get(each.name, f"--{each.name.replace('_', '-')}")
            for each in fields(self)
            if each.name not in without and getattr(self, each.name) != each.default
        ]
