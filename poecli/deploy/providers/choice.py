"""The provider of a table of poe.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from poecli.config.deploy_table import DeployTable
from poecli.deploy.providers.command import OwnCommand
from poecli.deploy.providers.docker import Docker
from poecli.deploy.providers.fly import Fly
from poecli.deploy.providers.modal import Modal
from poecli.deploy.providers.provider import Provider

_PROVIDERS: Mapping[str, Callable[..., Provider]] = {
    "modal": lambda bot, **settings: Modal(**{"app": bot, **settings}),
    "docker": Docker,
    "fly": lambda bot, **settings: Fly(**{"app": bot, **settings}),
    "command": lambda _, command, rollback="", secrets="": OwnCommand(command, rollback, secrets),
}


def provider_of(table: DeployTable, bot: str) -> Provider:
    """The one that the table names; an app without a name has that of the bot."""
    settings: Mapping[str, Any] = table.settings
    return _PROVIDERS[table.to](bot, **settings)
