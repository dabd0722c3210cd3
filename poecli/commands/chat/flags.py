"""The flags of `poe chat`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.options import BaseUrl, Json, Quiet


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
        typer.Option("--message", "-m", metavar="TEXT", help="Ask once; `-` is stdin alone."),
    ] = None
    attach: Annotated[
        tuple[str, ...],
        typer.Option("--attach", "-a", metavar="FILE", help="A file or URL to send along."),
    ] = ()
    json: Json = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Each event as a JSON line.")] = False
    stream: Annotated[
        bool, typer.Option("--stream", help="Print text as it comes, also into a pipe.")
    ] = False
    extract: Annotated[
        bool, typer.Option("--extract", "-x", help="Print only the first code block.")
    ] = False
    language: Annotated[
        str,
        typer.Option("--lang", metavar="NAME", help="With -x: the first block of this language."),
    ] = ""
    plain: Annotated[
        bool, typer.Option("--plain", help="No Markdown, nothing that moves (screen readers).")
    ] = False
    save_files: Annotated[
        Path | None, typer.Option("--save-files", metavar="DIR", help="Save the files of answers.")
    ] = None
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", min=0.1, help="Time limit for the whole answer."
        ),
    ] = None
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", min=0, help="Ask again when nobody answers.")
    ] = 2
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Don't read stdin.")] = False
    stdin_timeout: Annotated[
        float,
        typer.Option(
            "--stdin-timeout",
            metavar="SECONDS",
            help="Silence on stdin before giving up; 0: never.",
        ),
    ] = 30.0
    system: Annotated[str, typer.Option("--system", metavar="TEXT", help="A system prompt.")] = ""
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature", metavar="NUMBER", min=0.0, help="How freely the model chooses words."
        ),
    ] = None
    stop: Annotated[
        tuple[str, ...],
        typer.Option("--stop", metavar="TEXT", help="A text at which the bot stops."),
    ] = ()
    logit_bias: Annotated[
        tuple[str, ...],
        typer.Option(
            "--logit-bias", metavar="TOKEN=NUMBER", help="Make a token likelier, or rarer."
        ),
    ] = ()
    param: Annotated[
        tuple[str, ...],
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the bot."),
    ] = ()
    skip_system_prompt: Annotated[
        bool,
        typer.Option(
            "--skip-system-prompt", help="Ask for the model without the bot's own prompt."
        ),
    ] = False
    tools: Annotated[
        Path | None,
        typer.Option("--tools", metavar="FILE.py", help="Its functions become tools of the bot."),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Run tools without asking.")] = False
    continue_: Annotated[
        bool, typer.Option("--continue", "-c", help="Go on with the last chat.")
    ] = False
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Go on with a chat.")
    ] = None
    show_list: Annotated[bool, typer.Option("--list", help="List the chats.")] = False
    show: Annotated[str | None, typer.Option("--show", metavar="ID", help="Print a chat.")] = None
    export: Annotated[
        Literal["md", "json"] | None,
        typer.Option("--export", help="Print a chat (--show ID, or the last)."),
    ] = None
    search: Annotated[
        str | None, typer.Option("--search", metavar="WORDS", help="Find words in all chats.")
    ] = None
    no_store: Annotated[bool, typer.Option("--no-store", help="Don't keep the chat.")] = False
    no_history: Annotated[bool, typer.Option("--no-history", help="Don't keep what is typed.")] = (
        False
    )
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="The bot's access key, or your API key."),
    ] = None
    base_url: BaseUrl = None
    quiet: Quiet = False
