"""The flags of `poe chat`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import BaseUrl, Faults, Json, Python, Quiet


@dataclass(frozen=True)
class ChatFlags:
    """As they were given; None and empty where nothing was said."""

    bot: Annotated[
        str | None,
        typer.Argument(
            metavar="BOT", help="A handle on Poe, a URL, a file, folder or module:attr."
        ),
    ] = None
    message: Annotated[
        str | None,
        typer.Option(
            "--message", "-m", metavar="TEXT", help="Send one message; `-` reads only stdin."
        ),
    ] = None
    attach: Annotated[
        tuple[str, ...],
        typer.Option("--attach", "-a", metavar="FILE", help="A file or URL to attach."),
    ] = ()
    json: Json = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print each event as a JSON line.")] = False
    stream: Annotated[
        bool, typer.Option("--stream", help="Print text as it arrives, also into a pipe.")
    ] = False
    extract: Annotated[
        bool, typer.Option("--extract", "-x", help="Print only the first code block.")
    ] = False
    language: Annotated[
        str,
        typer.Option("--lang", metavar="NAME", help="With -x: the first block of this language."),
    ] = ""
    plain: Annotated[
        bool, typer.Option("--plain", help="No Markdown, no animation (screen readers).")
    ] = False
    save_files: Annotated[
        Path | None, typer.Option("--save-files", metavar="DIR", help="Save the files in answers.")
    ] = None
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", min=0.1, help="Time limit for the whole answer."
        ),
    ] = None
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", min=0, help="Retry when there is no answer.")
    ] = 2
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Don't read stdin.")] = False
    stdin_timeout: Annotated[
        float,
        typer.Option(
            "--stdin-timeout",
            metavar="SECONDS",
            min=0,
            help="Time limit for stdin; 0: no limit.",
        ),
    ] = 30.0
    system: Annotated[str, typer.Option("--system", metavar="TEXT", help="A system prompt.")] = ""
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature", metavar="NUMBER", min=0.0, help="The model's sampling temperature."
        ),
    ] = None
    stop: Annotated[
        tuple[str, ...],
        typer.Option("--stop", metavar="TEXT", help="A stop sequence."),
    ] = ()
    logit_bias: Annotated[
        tuple[str, ...],
        typer.Option(
            "--logit-bias", metavar="TOKEN=NUMBER", help="Make a token more or less likely."
        ),
    ] = ()
    param: Annotated[
        tuple[str, ...],
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the bot."),
    ] = ()
    text_params: Annotated[
        bool,
        typer.Option(
            "--text-params",
            help="Read --name value in a message as a parameter, as Poe's client was seen to do.",
        ),
    ] = False
    skip_system_prompt: Annotated[
        bool,
        typer.Option("--skip-system-prompt", help="Skip the bot's own system prompt."),
    ] = False
    tools: Annotated[
        Path | None,
        typer.Option("--tools", metavar="FILE.py", help="Offer its functions to the bot as tools."),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Run tools without confirmation.")] = (
        False
    )
    continue_: Annotated[bool, typer.Option("--continue", "-c", help="Continue the last chat.")] = (
        False
    )
    resume: Annotated[str | None, typer.Option("--resume", metavar="ID", help="Resume a chat.")] = (
        None
    )
    show_list: Annotated[bool, typer.Option("--list", help="List the chats.")] = False
    show: Annotated[str | None, typer.Option("--show", metavar="ID", help="Print a chat.")] = None
    export: Annotated[
        Literal["md", "json"] | None,
        typer.Option("--export", help="Print a chat (--show ID, or the last)."),
    ] = None
    search: Annotated[
        str | None, typer.Option("--search", metavar="WORDS", help="Search all chats.")
    ] = None
    remove: Annotated[str | None, typer.Option("--remove", metavar="ID", help="Remove a chat.")] = (
        None
    )
    no_store: Annotated[bool, typer.Option("--no-store", help="Don't store the chat.")] = False
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Don't store the input history.")
    ] = False
    fault: Faults = ()
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="The bot's access key, or your API key."),
    ] = None
    base_url: BaseUrl = None
    python: Python = None
    quiet: Quiet = False
