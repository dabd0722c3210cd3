"""`poe turns`: what was asked of the bots here, and what they answered."""

from __future__ import annotations

from poecli.commands.turns.flags import TurnsFlags
from poecli.terminal.console import Console


def turns(console: Console, flags: TurnsFlags) -> None:
    """Look at the turns that `poe dev` kept: list, show, search, export, rm.

    A turn is one query and its answer, with the calls to other bots, costs, prints and faults.
    What is exported holds its files and no keys: `poe replay FILE` asks it again anywhere.
    To a NAME.chat.toml a turn is exported as a test, its whole conversation with it.

    Examples:
      poe turns
      poe turns show last
      poe turns search weather
      poe turns export 12 14-16 -o bug.turns
      poe turns export last -o tests/rain.chat.toml
      poe turns rm --older-than 7d
    """
    from poecli.commands.turns import changing, listing, showing

    match flags.action:
        case "show":
            showing.show(console, flags)
        case "search":
            listing.search(console, flags)
        case "export":
            changing.export(console, flags)
        case "rm":
            changing.remove(console, flags)
        case _:
            listing.list_turns(console, flags)
