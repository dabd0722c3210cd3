"""`poe replay`: ask a bot again what `poe dev` kept, and compare the answers."""

from __future__ import annotations

from poecli.commands.replay.flags import ReplayFlags
from poecli.terminal.console import Console


def replay(console: Console, flags: ReplayFlags) -> int:
    """Ask the bot again what `poe dev` kept, and compare the answers.

    The project is started for it. Other bots answer as they did then: nothing leaves this machine.
    Compared are the text, the order of events, files, calls to other bots and costs; how long it
    took is shown. Exit code 1 when an answer differs.

    Examples:
      poe replay
      poe replay 12 20-25
      poe replay --last 3 --watch
      poe replay 12 --accept
      poe replay tests/support.turns --format junit > replay.xml
      poe replay --fresh --like tests/support.chat.toml
    """
    console.json_mode = flags.json or flags.format == "json"
    from poecli.commands.replay.run import run_replay

    return run_replay(console, flags)
