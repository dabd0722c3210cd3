"""Every command: its name, its group, one line about it, and where its function is.

Plain data, so that help, completion and did-you-mean cost no import.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command. ``function`` is "module:name", imported when the command is used."""

    name: str
    group: str
    summary: str
    function: str


MAKE = "Make a bot"
TRY = "Run it and talk to it"
PUBLISH = "Check it, sync it with Poe"
KEYS = "Keys"
TOOL = "This tool"
GROUPS = (MAKE, TRY, PUBLISH, KEYS, TOOL)


def _entry(name: str, group: str, summary: str, room: str = "") -> Entry:
    """A command's function has its name, in a module of that name or in ``room``."""
    function = name.replace("-", "_")
    return Entry(name, group, summary, f"poecli.commands.{room or function}:{function}")


COMMANDS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        _entry("new", MAKE, "Create a bot project from a template.", "new.command"),
        _entry("init", MAKE, "Write a poe.toml for the bots in this folder."),
        _entry(
            "upgrade", MAKE, "Bring an old bot up to date, as a diff or --write.", "upgrade.command"
        ),
        _entry("dev", TRY, "Run a bot with hot reload, next to a local Poe.", "dev.command"),
        _entry("chat", TRY, "Talk to a bot: on Poe, at a URL, or in a file.", "chat.command"),
        _entry(
            "trigger", TRY, "Send a bot any event of Poe's and show its answer.", "trigger.command"
        ),
        _entry("turns", TRY, "List, show, export or remove the kept turns.", "turns.command"),
        _entry("replay", TRY, "Ask a bot again what was kept, and compare.", "replay.command"),
        _entry("models", TRY, "List the bots that Poe offers to scripts."),
        _entry("usage", TRY, "Show your points, and what each query cost.", "keys.usage"),
        _entry(
            "serve", PUBLISH, "Run a bot in production; a restart cuts no answer.", "serve.command"
        ),
        _entry("check", PUBLISH, "Check a bot against Poe's protocol.", "check.command"),
        _entry("deploy", PUBLISH, "Deploy bots, prove it, sync them with Poe.", "deploy.command"),
        _entry("status", PUBLISH, "Show whether what is live is what is here."),
        _entry(
            "sync-settings",
            PUBLISH,
            "Make Poe fetch a bot's settings again.",
            "sync_settings.command",
        ),
        _entry("login", KEYS, "Store your Poe API key.", "keys.login"),
        _entry("logout", KEYS, "Remove the stored API key.", "keys.logout"),
        _entry(
            "whoami", KEYS, "Show which keys are set, masked, and their sources.", "keys.whoami"
        ),
        _entry("doctor", TOOL, "Diagnose problems, step by step."),
        _entry("completions", TOOL, "Print or install completion for your shell."),
        _entry("help", TOOL, "Explain a command; the whole tree with --json."),
    )
}
