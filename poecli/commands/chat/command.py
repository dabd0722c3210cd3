"""`poe chat`: talk to a bot on Poe, at a URL or in a file; once, or in a conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.app import get_console
from poecli.commands.options import BaseUrl, Json, Quiet
from poecli.errors import MissingChoice, UsageError

Export = Literal["md", "json"]


def chat(
    ctx: typer.Context,
    bot: Annotated[
        str | None, typer.Argument(help="A handle on Poe, a URL, a file, folder or module:attr.")
    ] = None,
    *,
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="Ask once; `-` is stdin alone.")
    ] = None,
    attach: Annotated[
        list[str] | None, typer.Option("--attach", "-a", help="A file or URL to send along.")
    ] = None,
    json: Json = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Each event as a JSON line.")] = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Print text as it comes, also into a pipe.")
    ] = False,
    extract: Annotated[
        bool, typer.Option("--extract", "-x", help="Print only the first code block.")
    ] = False,
    language: Annotated[
        str, typer.Option("--lang", metavar="NAME", help="With -x: of this language.")
    ] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="No Markdown, nothing that moves (screen readers).")
    ] = False,
    save_files: Annotated[
        Path | None, typer.Option("--save-files", metavar="DIR", help="Save the files of answers.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="For the whole answer."),
    ] = None,
    retries: Annotated[
        int, typer.Option("--retries", min=0, help="Ask again when nobody answers.")
    ] = 2,
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Don't read stdin.")] = False,
    stdin_timeout: Annotated[
        float, typer.Option("--stdin-timeout", metavar="SECONDS", help="Of silence; 0: no limit.")
    ] = 30.0,
    system: Annotated[str, typer.Option("--system", help="A system prompt.")] = "",
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", min=0.0, help="How freely the model chooses words."),
    ] = None,
    stop: Annotated[
        list[str] | None, typer.Option("--stop", help="A text at which the bot stops.")
    ] = None,
    logit_bias: Annotated[
        list[str] | None,
        typer.Option(
            "--logit-bias", metavar="TOKEN=NUMBER", help="Make a token likelier, or rarer."
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the bot."),
    ] = None,
    skip_system_prompt: Annotated[
        bool,
        typer.Option(
            "--skip-system-prompt", help="Ask for the model without the bot's own prompt."
        ),
    ] = False,
    tools: Annotated[
        Path | None,
        typer.Option("--tools", metavar="FILE.py", help="Its functions become tools of the bot."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Run tools without asking.")] = False,
    continue_: Annotated[
        bool, typer.Option("--continue", "-c", help="Go on with the last chat.")
    ] = False,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Go on with a chat.")
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the chats.")] = False,
    show: Annotated[str | None, typer.Option("--show", metavar="ID", help="Print a chat.")] = None,
    export: Annotated[
        Export | None, typer.Option("--export", help="Print a chat (--show ID, or the last).")
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="WORDS", help="Find words in all chats.")
    ] = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Keep nothing of it.")] = False,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Don't keep what is typed.")
    ] = False,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="The bot's access key, or your API key."),
    ] = None,
    base_url: BaseUrl = None,
    quiet: Quiet = False,
) -> None:
    """Talk to a bot: on Poe, at a URL, or in a file.

    With a message, or text in a pipe, it asks once and prints the answer on stdout.

    Examples:
      poe chat my-bot
      poe chat http://127.0.0.1:8080 -m "How many pages?" -a report.pdf
      git diff | poe chat Claude-Sonnet-4 -m "Write a commit message" -x
      poe chat GPT-4o --tools tools.py -m "What is 17 * 23?" --yes
      poe chat --continue
      poe chat --search "that regex"
    """
    from poecli.commands.chat.flags import ChatFlags
    from poecli.commands.chat.run import browse, run_chat

    console = get_console(ctx)
    console.quiet = console.quiet or quiet
    if sum((json, jsonl, extract, stream)) > 1:
        raise UsageError("--json, --jsonl, --extract and --stream exclude each other.")
    if show_list or show is not None or export is not None or search is not None:
        console.json_mode = json
        browse(console, show=show, export=export, search=search, json=json)
        return
    console.json_mode = json or jsonl
    if bot is None and not continue_ and resume is None:
        raise MissingChoice(
            "No bot was named.",
            hint="poe chat . for the bot in this folder, poe chat BOT, or poe chat --continue",
        )
    flags = ChatFlags(
        bot=bot,
        message=message,
        attach=tuple(attach or ()),
        json=json,
        jsonl=jsonl,
        stream=stream,
        extract=language if extract or language else None,
        plain=plain,
        save_files=save_files,
        timeout=timeout,
        retries=retries,
        read_stdin=not no_stdin,
        stdin_timeout=stdin_timeout,
        system=system,
        temperature=temperature,
        stop=tuple(stop or ()),
        logit_bias=tuple(logit_bias or ()),
        param=tuple(param or ()),
        skip_system_prompt=skip_system_prompt,
        tools=tools,
        yes=yes,
        continue_=continue_,
        resume=resume,
        store=not no_store,
        history=not no_history,
        key_file=key_file,
        base_url=base_url,
    )
    run_chat(console, flags)
