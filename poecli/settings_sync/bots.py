"""Which bots are meant."""

from __future__ import annotations

from collections.abc import Sequence

from poecli.config.project import BotEntry, Project
from poecli.errors import MissingChoice, UsageError


def chosen(project: Project, names: Sequence[str], *, all_bots: bool) -> list[BotEntry]:
    """The bots to sync: those named, all of ``poe.toml``, or the only one there.

    A name that ``poe.toml`` does not have is taken as it is: only Poe knows every handle.
    Raises MissingChoice, UsageError.
    """
    if all_bots and names:
        raise UsageError("--all takes the place of the names.", hint="poe sync-settings --all")
    if names:
        return [project.bots.get(name) or BotEntry(name) for name in dict.fromkeys(names)]
    if all_bots and not project.bots:
        raise UsageError("poe.toml names no bots.", hint="Add a table: [bots.my-bot]")
    if not all_bots and len(project.bots) != 1:
        named = ", ".join(project.bots)
        raise MissingChoice(
            "No bot was named.",
            why=f"poe.toml has several: {named}." if named else "poe.toml names none.",
            hint="poe sync-settings BOT" + (", or poe sync-settings --all" if named else ""),
        )
    return list(project.bots.values())
