"""The flags of `poe serve`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from poecli.commands.options import Json, Python, Quiet


@dataclass(frozen=True)
class ServeFlags:
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[TARGET]", help="The bot: folder, file or module:name (default: .)."
        ),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            "-w",
            metavar="N",
            min=1,
            help="Processes that answer (WEB_CONCURRENCY; 1).",
        ),
    ] = None
    port: Annotated[
        int | None,
        typer.Option(
            "--port", "-p", metavar="PORT", min=0, max=65535, help="The port (PORT; 8080)."
        ),
    ] = None
    host: Annotated[
        str | None, typer.Option("--host", metavar="HOST", help="The address (0.0.0.0).")
    ] = None
    drain: Annotated[
        float,
        typer.Option(
            "--drain", metavar="SECONDS", min=0, help="What running answers get when it ends."
        ),
    ] = 600.0
    allow_without_key: Annotated[
        bool,
        typer.Option(
            "--allow-without-key", help="Start a bot without an access key, open to everyone."
        ),
    ] = False
    forwarded_allow_ips: Annotated[
        str | None,
        typer.Option(
            "--forwarded-allow-ips",
            metavar="LIST",
            help="Proxies whose X-Forwarded headers count (FORWARDED_ALLOW_IPS; all).",
        ),
    ] = None
    access_log: Annotated[
        bool,
        typer.Option(
            "--access-log/--no-access-log", help="A line of JSON on stdout for each request."
        ),
    ] = True
    python: Python = None
    json: Json = False
    quiet: Quiet = False
