"""Bots that go to one place together, and what is sent along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from poecli.config.credentials import Secret, access_key_missing, find_access_key
from poecli.config.deploy_table import DeployTable
from poecli.config.project import BotEntry, Project
from poecli.config.settings import Environment
from poecli.deploy.providers.choice import provider_of
from poecli.deploy.providers.provider import Provider
from poecli.errors import UsageError

# Of .env: what steers poe on this machine and no bot anywhere.
_NOT_SENT = ("POE_BASE_URL",)
_EXAMPLE = """\
[bots.{bot}.deploy]
to = "modal"    # or "docker", "fly", "command\""""


@dataclass(frozen=True)
class Deployment:
    """Bots of one server: those whose tables in poe.toml are the same."""

    root: Path
    bots: tuple[BotEntry, ...]
    table: DeployTable

    @property
    def name(self) -> str:
        """That of its first bot, under which its progress is kept."""
        return self.bots[0].name

    @property
    def provider(self) -> Provider:
        return provider_of(self.table, self.name)

    def targets(self, project: Project) -> list[str]:
        """The bot files of its bots, as they are named from anywhere."""
        named = dict.fromkeys(project.target_of(bot.name) for bot in self.bots)
        return [str(self.root / target) for target in named]

    def keys(self, environment: Environment) -> dict[str, Secret]:
        """Each bot's access key. Raises KeyMissing."""
        keys = {}
        for bot in self.bots:
            found = find_access_key(environment, bot.access_key_env)
            if found is None:
                raise access_key_missing(bot.name, bot.access_key_env)
            keys[bot.name] = found.value
        return keys

    def variables(self, environment: Environment) -> dict[str, str]:
        """What the bots get: .env, and their access keys from wherever they are."""
        named = {bot.access_key_env: environment.find(bot.access_key_env) for bot in self.bots}
        keys = {name: found.value for name, found in named.items() if found}
        sent = {n: value for n, value in environment.dotenv.items() if n not in _NOT_SENT}
        return {**sent, **keys}


def deployments(project: Project, bots: Iterable[BotEntry]) -> list[Deployment]:
    """The bots by the places they go to, in order. Raises UsageError for one that goes nowhere.

    A bot of the same table goes along: one server can't be deployed by halves.
    """
    found: list[Deployment] = []
    for bot in bots:
        if bot.deploy is None:
            raise UsageError(
                f"poe.toml does not say where {bot.name} is deployed.",
                hint="Add to it:",
                detail=_EXAMPLE.format(bot=bot.name if "." not in bot.name else f'"{bot.name}"'),
                id="no-deploy-table",
            )
        if all(bot not in each.bots for each in found):
            together = tuple(e for e in project.bots.values() if e.deploy == bot.deploy)
            found.append(Deployment(project.root, _sharing(bot, together), bot.deploy))
    return found


def _sharing(bot: BotEntry, others: tuple[BotEntry, ...]) -> tuple[BotEntry, ...]:
    """Of bots with the same table those that are on its server.

    A provider that calls the app by the bot has one for each.
    """
    if bot.deploy is not None and _names_its_place(bot.deploy):
        return others
    return (bot,)


def _names_its_place(table: DeployTable) -> bool:
    return bool({"app", "image", "command"} & table.settings.keys())


def names_of(variables: Mapping[str, str]) -> str:
    """The variables, without their values."""
    return ", ".join(sorted(variables)) or "none"
