"""`poe turns`: what was asked of the bots here, and what they answered."""

from __future__ import annotations

from poecli.commands.turns.flags import TurnsFlags
from poecli.errors import UsageError
from poecli.terminal.console import Console

# What would be passed over says so: `list --older-than 7d` must not seem to list the old ones.
_GO_WITH = {
    "limit": ("list", "search"),
    "all_": ("list", "search", "export", "rm"),
    "older_than": ("rm",),
    "output": ("export",),
}


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

    _check_flags(flags)
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


def _check_flags(flags: TurnsFlags) -> None:
    action, unsaid = flags.action or "list", TurnsFlags()
    for name, actions in _GO_WITH.items():
        if action not in actions and getattr(flags, name) != getattr(unsaid, name):
            flag = "--" + name.strip("_").replace("_", "-")
            raise UsageError(
                f"{flag} goes with {', '.join(actions)}, not with {action}.",
                hint="poe turns --help",
            )
