"""`poe --help`, written from the catalog without importing any command."""

from __future__ import annotations

from poecli import __version__
from poecli.commands.catalog import COMMANDS, GROUPS
from poecli.errors import EXIT_CODE_MEANINGS
from poecli.terminal.console import Console

ENVIRONMENT_VARIABLES = {
    "POE_API_KEY": "your API key, for bots on Poe (https://poe.com/api/keys)",
    "POE_ACCESS_KEY": "a bot's access key, for sync-settings and a bot that checks it",
    "POE_BASE_URL": "base URL of another Poe, such as that of `poe dev`",
    "NO_COLOR": "no colour; FORCE_COLOR: colour also without a terminal",
}

_EXAMPLES = (
    ("poe new echo my-bot", "a bot to start from"),
    ("poe dev my-bot", "run it; every save reloads it"),
    ("poe chat my-bot", "talk to it, with no account and no network"),
    ("poe chat GPT-4o -m hello", "talk to a bot on Poe"),
)


def overview(console: Console) -> str:
    """The whole help page, in 80 columns."""

    def title(text: str) -> str:
        return console.styled(text, "bold", stream=console.stdout)

    lines = [
        f"{title('poe')} {__version__} - the toolkit for Poe server bots",
        "",
        f"{title('Usage:')} poe COMMAND [OPTIONS]",
    ]
    for group in GROUPS:
        lines += ["", title(f"{group}:")]
        entries = [entry for entry in COMMANDS.values() if entry.group == group]
        lines += [f"  {entry.name:<15}{entry.summary}" for entry in entries]
    lines += ["", title("Examples:")]
    lines += [f"  {command:<27}{what}" for command, what in _EXAMPLES]
    lines += ["", title("Options of every command:")]
    lines += [
        "  -h, --help     Explain the command, with examples.",
        "  --no-input     Never prompt; a missing choice ends with code 2.",
        "  --no-color     No colour.",
        "  -V, --version  Print the version (without a command).",
    ]
    lines += ["", title("Environment:")]
    lines += [f"  {name:<15}{what}" for name, what in ENVIRONMENT_VARIABLES.items()]
    lines += ["", title("Exit codes:")]
    for code, meaning in EXIT_CODE_MEANINGS.items():
        lines += _wrapped(f"{int(code):>3}  ", meaning)
    return "\n".join(lines)


def _wrapped(label: str, text: str, width: int = 76) -> list[str]:
    lines, line = [], "  " + label
    for word in text.split():
        if len(line) + len(word) + 1 > width:
            lines.append(line.rstrip())
            line = " " * (len(label) + 2)
        line += word + " "
    return [*lines, line.rstrip()]
