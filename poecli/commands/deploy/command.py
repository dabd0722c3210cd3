"""`poe deploy`: from the project here to a bot that Poe can ask."""

from __future__ import annotations

from poecli.commands.deploy.flags import DeployFlags
from poecli.terminal.console import Console


def deploy(console: Console, flags: DeployFlags) -> int:
    """Deploy bots as [bots.BOT.deploy] of poe.toml says, and prove it.

    The project is checked, the provider's own program run (modal, docker, fly, or a command of
    yours), and the new code asked at its URL before Poe is told of its settings. A version that
    fails there is rolled back. After a failure the same command goes on where it stopped.

    Examples:
      poe deploy
      poe deploy my-bot --dry-run
      poe deploy --all --json
    """
    from poecli.commands.deploy.run import run_deploy

    return run_deploy(console, flags)
