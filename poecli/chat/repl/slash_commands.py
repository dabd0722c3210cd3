"""The commands of a conversation, typed with a slash."""

from __future__ import annotations

from dataclasses import dataclass

from poecli.errors import UsageError
from poecli.suggestions import did_you_mean

PREFIX = "/"
LITERAL = "//"  # a message that begins with a slash


@dataclass(frozen=True)
class SlashCommand:
    """One command: its name, what may follow, and what it does."""

    name: str
    arguments: str
    help: str


_TABLE = (
    SlashCommand("help", "[COMMAND]", "Show the commands, or explain one."),
    SlashCommand("bot", "[NAME]", "Switch to another bot; it sees the chat so far."),
    SlashCommand("system", "[TEXT | -]", "Show, set or remove the system prompt."),
    SlashCommand("attach", "[FILE… | -]", "Send files with the next message; - removes them."),
    SlashCommand("files", "", "List the files that bots sent, with their numbers."),
    SlashCommand("param", "[NAME=VALUE…]", "Show or set the bot's parameters; NAME= removes one."),
    SlashCommand("settings", "", "Fetch and show the bot's settings."),
    SlashCommand("retry", "", "Send the last message again."),
    SlashCommand("edit", "", "Edit the last message."),
    SlashCommand("undo", "[N]", "Remove the last turn, or the last N."),
    SlashCommand("fork", "[N]", "Continue in a new chat with the first N turns (default: all)."),
    SlashCommand("clear", "", "The bot sees only messages from now on."),
    SlashCommand("copy", "[code [N]]", "Copy the last answer, or its Nth code block."),
    SlashCommand("save", "[N] [FOLDER]", "Save the files that bots sent, or the Nth."),
    SlashCommand("open", "N", "Open the Nth file in the browser."),
    SlashCommand("events", "[N]", "Show the events of the last answer; the Nth in full."),
    SlashCommand("raw", "", "Show the last answer as it arrived."),
    SlashCommand("feedback", "like|dislike [WHY]", "Send feedback on the last answer."),
    SlashCommand("sessions", "[ID | WORDS]", "List, search or resume chats."),
    SlashCommand("exit", "", "Exit; Ctrl-D does the same."),
)
COMMANDS: dict[str, SlashCommand] = {command.name: command for command in _TABLE}
_OTHER_NAMES = {"quit": "exit", "q": "exit", "?": "help", "h": "help", "model": "bot"}


@dataclass(frozen=True)
class ParsedCommand:
    """A command that was typed, with the rest of the line."""

    command: SlashCommand
    argument: str


def parse(text: str) -> ParsedCommand | None:
    """The command in a line; None for a message. Raises UsageError for an unknown command."""
    if not text.startswith(PREFIX) or text.startswith(LITERAL):
        return None
    word, _, argument = text[len(PREFIX) :].partition(" ")
    name = _OTHER_NAMES.get(word.strip().lower(), word.strip().lower())
    if name not in COMMANDS:
        raise UsageError(
            f"There is no command /{word.strip()}.",
            why=did_you_mean(PREFIX + name, [PREFIX + known for known in COMMANDS]),
            hint="/help lists them; // at the start sends a message that begins with a slash",
        )
    return ParsedCommand(COMMANDS[name], argument.strip())


def message_of(text: str) -> str:
    """A message as it is sent: two slashes at the start stand for one."""
    return text[1:] if text.startswith(LITERAL) else text


def help_text(name: str = "") -> str:
    """All commands in a table, or one. Raises UsageError for an unknown one."""
    if name:
        typed = parse(PREFIX + name.lstrip(PREFIX))
        commands = [typed.command] if typed else []
    else:
        commands = list(_TABLE)
    rows = [(f"/{command.name} {command.arguments}".rstrip(), command.help) for command in commands]
    width = max(len(usage) for usage, _ in rows) + 2
    return "\n".join(f"{usage:<{width}}{text}" for usage, text in rows)
