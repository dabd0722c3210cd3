"""`poe check`: hold a bot against the protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.app import get_console
from poecli.commands.options import Json, Quiet


def check(
    ctx: typer.Context,
    target: Annotated[
        str, typer.Argument(help="The bot: a URL, or a folder, file or module:name.")
    ] = ".",
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="RULE", help="Only these rules.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="RULE", help="All rules but these.")
    ] = None,
    level: Annotated[
        Literal["must", "should", "advice"],
        typer.Option("--level", help="The weakest rules that fail the check."),
    ] = "should",
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, help="Check so often: tells flaky from faulty.")
    ] = 1,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="Explain a rule, or `all`.")
    ] = None,
    format: Annotated[
        Literal["text", "json", "junit", "sarif", "github"],
        typer.Option("--format", help="How to print the report."),
    ] = "text",
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="The text of the plain question.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds for one answer.")
    ] = 60.0,
    access_key_file: Annotated[
        Path | None, typer.Option("--access-key-file", help="Read the access key from a file.")
    ] = None,
    from_session: Annotated[
        str | None,
        typer.Option("--from-session", metavar="CHAT", help="Write a chat of yours as a test."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Where --from-session writes to.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Hold a bot against the protocol.

    The bot may be written in any language: it is asked over HTTP. The access key comes from
    --access-key-file, POE_ACCESS_KEY or .env; a bot in a file brings its own.
    The conversations in tests/*.chat.toml are held with a bot in a file.

    Examples:
      poe check .
      poe check https://my-bot.example/ --level must
      poe check --explain no-done
      poe check --from-session 1a2b3c4d --write tests/hello.chat.toml
    """
    from poecli.commands.check.run import CheckFlags, explain_rules, run_check

    console = get_console(ctx)
    console.json_mode = json or format == "json"
    console.quiet = quiet
    if explain is not None:
        return explain_rules(console, explain)
    if from_session is not None:
        from poecli.commands.check.from_session import write_session

        return write_session(console, from_session, write)
    flags = CheckFlags(
        target=target,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        level=level,
        repeat=repeat,
        format=format,
        message=message,
        timeout=timeout,
        access_key_file=access_key_file,
    )
    return run_check(console, flags)
