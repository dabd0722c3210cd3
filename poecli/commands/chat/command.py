"""`poe chat`: talk to a bot on Poe, at a URL or in a file; once, or in a conversation."""

from __future__ import annotations

from poecli.commands.chat.flags import ChatFlags
from poecli.errors import MissingChoice, UsageError
from poecli.terminal.console import Console


def chat(console: Console, flags: ChatFlags) -> None:
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
    from poecli.commands.chat.run import browse, run_chat

    console.json_mode = flags.json or flags.jsonl
    if sum((flags.json, flags.jsonl, flags.extract, flags.stream)) > 1:
        raise UsageError("--json, --jsonl, --extract and --stream exclude each other.")
    named = (flags.show, flags.search, flags.remove)
    if flags.show_list or flags.export or any(value is not None for value in named):
        browse(console, flags)
        return
    if flags.bot is None and not flags.continue_ and flags.resume is None:
        raise MissingChoice(
            "No bot was given.",
            hint="poe chat . for the bot in this folder, poe chat BOT, or poe chat --continue",
        )
    run_chat(console, flags)
