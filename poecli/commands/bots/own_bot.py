"""A bot of the project here: of the `poe dev` that runs for it, or served for one command."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from poecli.client.address import BotAddress
from poecli.commands.bots.access_keys import key_of_bot
from poecli.commands.bots.root import project_root
from poecli.config.credentials import Secret
from poecli.config.project import find_project
from poecli.config.settings import read_environment
from poecli.config.target import SeveralBots
from poecli.dev_events import Listener
from poecli.errors import BotLoadError, UsageError
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.project import local_project
from poecli.local.running import find_running
from poecli.suggestions import did_you_mean
from poecli.terminal.console import Console
from poecli.turns.journal import STATE_FOLDER


@dataclass(frozen=True)
class BotChoice:
    """Which bot is meant, None for the first one, and the key to show it if one was given.

    With a ``python``, as --python names it, it is one that is served for this alone.
    """

    name: str | None = None
    key: Secret | None = None
    python: str | None = None

    def among(self, names: Iterable[str]) -> str:
        """The one that is meant. Raises UsageError for one that is not there."""
        known = list(names)
        if self.name is not None and self.name not in known:
            raise UsageError(
                f"No bot named {self.name!r} is served.", hint=did_you_mean(self.name, known)
            )
        return self.name or known[0]


@contextlib.asynccontextmanager
async def own_bot(
    console: Console, choice: BotChoice, listener: Listener
) -> AsyncIterator[BotAddress]:
    """The bot's address, which is good until the block ends.

    ``listener`` hears what happens beside a bot that is served for this alone. Raises BotLoadError
    and UsageError.
    """
    running = await running_bot(console, choice) if choice.python is None else None
    if running is not None:
        yield running
        return
    flags = LocalFlags.for_one_command(".", choice.python)
    try:
        options = settle_options(flags, console.env, Path.cwd())
    except SeveralBots as several:
        several.hint = "Run it in the folder of one, or name one as [dev] target in poe.toml."
        raise
    for note in options.server.interpreter.notes:
        console.warn(note)
    async with local_project(options, listener) as local:
        bots = {bot.name: bot for bot in await local.wait_ready()}
        bot = bots[choice.among(bots)]
        if bot.failure is not None:
            console.show_error(bot.failure)
        address = local.address_of(bot)
        yield BotAddress(address.name, address.url, choice.key or address.key)


async def running_bot(console: Console, choice: BotChoice) -> BotAddress | None:
    """The bot of the `poe dev` that runs for the project; None when there is none."""
    running = await find_running(project_root(Path.cwd()) / STATE_FOLDER)
    if running is None:
        return None
    if not running.bots:
        raise BotLoadError(
            "The running `poe dev` has no bot loaded.", hint="Fix the error that it shows."
        )
    name = choice.among(running.bots)
    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    key = choice.key or key_of_bot(name, project, environment)
    return BotAddress(name, running.bots[name], key)
