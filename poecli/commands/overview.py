"""`poe --help` and a bare `poe`, written from the catalog without importing any command."""

from __future__ import annotations

from pathlib import Path

from poecli import __version__
from poecli.commands.catalog import COMMANDS, GROUPS
from poecli.config.project import FILE_NAME, project_or_why
from poecli.errors import EXIT_CODE_MEANINGS
from poecli.terminal.console import Console

ENVIRONMENT_VARIABLES = {
    "POE_API_KEY": "your API key, for bots on Poe (https://poe.com/api/keys)",
    "POE_ACCESS_KEY": "a bot's access key, for sync-settings and a bot that checks it",
    "POE_BASE_URL": "another Poe to talk to, for example the one of `poe dev`",
    "NO_COLOR": "no colour; FORCE_COLOR: colour also without a terminal",
}

_EXAMPLES = (
    ("poe new echo my-bot", "a bot to start from"),
    ("poe dev my-bot", "run it; every save shows at once"),
    ("poe chat my-bot", "talk to it, with no account and no network"),
    ("poe chat GPT-4o -m hello", "talk to a bot on Poe"),
)


def help_text(console: Console) -> str:
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
        "  --no-input     Never ask; a missing choice ends with code 2.",
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


def situation(folder: Path) -> list[str]:
    """What a bare `poe` says: what is here, and what to type next."""
    project, error = project_or_why(folder)
    if error is not None:
        return [
            f"{FILE_NAME} can't be used.",
            *(f"  {line}" for line in (error.message, error.why, error.hint) if line),
            "Next:  fix it, then type poe again",
            "       poe --help  everything else",
        ]
    if project.file is not None:
        bots = ", ".join(project.bots) or "no bot named yet"
        return [
            f"{FILE_NAME} in {project.root}: {bots}.",
            "Next:  poe dev      run it, every save shows at once",
            "       poe chat .   talk to it",
            "       poe check .  check it against Poe's protocol",
        ]
    from poecli.config.target import NoBotFound, SeveralBots, Target

    try:
        found = Target.parse(".", folder).file.name
    except SeveralBots as several:
        names = several.detail.splitlines()
        return [
            f"Several files with a bot here, and no {FILE_NAME}: {', '.join(names)}.",
            f"Next:  poe dev {names[0]}   run one of them",
            f"       poe init {names[0]}  write a {FILE_NAME} for it",
        ]
    except NoBotFound:
        found = ""
    if found:
        return [
            f"A bot in {found}, and no {FILE_NAME}.",
            "Next:  poe dev   run the bot that is here",
            f"       poe init  write a {FILE_NAME} for it",
        ]
    return [
        "No bot in this folder yet.",
        "Next:  poe new         choose a template",
        "       poe new --list  see them all",
        "       poe --help      everything else",
    ]
