"""A bot of this machine served by its own command, and ended in mid-answer."""

from __future__ import annotations

from collections.abc import Mapping

from poecli.commands.check.local_bot import shown
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, find_project
from poecli.config.settings import read_dotenv
from poecli.conformance.hosts.restart import RULE as RESTART
from poecli.conformance.hosts.restart import OwnServer, look_at_restart
from poecli.conformance.hosts.start import NotStarted, deployed_command
from poecli.conformance.results import Run
from poecli.local.project import LocalProject

__all__ = ["RESTART", "restart"]


async def restart(local: LocalProject, env: Mapping[str, str]) -> Run:
    """What becomes of the answer of the first bot; all are served by one command."""
    options = local.server.options
    folder, bot = options.target.root, local.bots[0]
    try:
        command = deployed_command(folder, options.target.file)
    except NotStarted as reason:
        return Run((), frozenset(), {RESTART: str(reason)})
    entries = find_project(folder).bots.values()
    server = OwnServer(
        command,
        folder,
        options.interpreter.executable,
        {**read_dotenv(folder), **env},
        [DEFAULT_ACCESS_KEY_VARIABLE, *(entry.access_key_env for entry in entries)],
        bot.path,
        local.address_of(bot).key,
    )
    return await look_at_restart(server, shown)
