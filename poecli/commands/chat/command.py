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
    if wanted := _wanted_of_kept(flags):
        _check_alone(wanted, flags)
        browse(console, flags)
        return
    if flags.bot is None and not flags.continue_ and flags.resume is None:
        raise MissingChoice(
            "No bot was given.",
            hint="poe chat . for the bot in this folder, poe chat BOT, or poe chat --continue",
        )
    run_chat(console, flags)


def _wanted_of_kept(flags: ChatFlags) -> list[str]:
    """The flags that look at kept chats; --show names the one for --export."""
    values = {
        "--list": flags.show_list or None,
        "--search": flags.search,
        "--remove": flags.remove,
        "--show": flags.show,
        "--export": flags.export if flags.show is None else None,
    }
    return [flag for flag, value in values.items() if value is not None]


def _check_alone(wanted: list[str], flags: ChatFlags) -> None:
    """Of two things to do one would be passed over without a word. Raises UsageError."""
    asks = {
        "--message": flags.message,
        "--continue": flags.continue_ or None,
        "--resume": flags.resume,
        "BOT": flags.bot,
    }
    given = wanted + [name for name, value in asks.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{', '.join(given)} exclude each other.")
