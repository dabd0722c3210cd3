"""The list of `poe models`: from Poe, else from what was kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poecli.client.http import open_session
from poecli.client.platform_api import Model, PlatformApi
from poecli.config.paths import user_folders
from poecli.config.project import find_project
from poecli.config.settings import base_url, read_environment
from poecli.errors import NotReachable, TryLater, UsageError
from poecli.models.cache import CachedModels, keep_models, read_models
from poecli.models.rows import matching, model_as_json, rows_of
from poecli.terminal.console import Console

_DAY_SECONDS = 86400


@dataclass(frozen=True)
class ModelsFlags:
    """The flags of `poe models`."""

    search: str = ""
    takes: str | None = None
    gives: str | None = None
    offline: bool = False
    base_url: str | None = None


def list_models(console: Console, flags: ModelsFlags, *, json: bool) -> None:
    """Print the models that fit. Raises UsageError when there is no list at all."""
    folder = user_folders(console.env).cache
    found = matching(_models(console, flags, folder), flags.search, flags.takes, flags.gives)
    if json:
        console.json({"type": "models", "models": [model_as_json(model) for model in found]})
        return
    for row in rows_of(found, console.width if console.stdout_is_terminal else None):
        console.data(row)
    if not found:
        console.say("No model fits.")


def _models(console: Console, flags: ModelsFlags, folder: Path) -> Sequence[Model]:
    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    poe = base_url(environment, flags.base_url, project.base_url).value
    kept = read_models(folder, poe)
    if flags.offline:
        if kept is None:
            raise UsageError(
                f"No list of {poe} is kept yet.", hint="poe models, while it can be reached"
            )
        return kept.models
    try:
        models = asyncio.run(_fetched(poe))
    except (NotReachable, TryLater) as error:
        if kept is None:
            raise
        console.warn(f"{error.message} This list is {_age(kept)} old.")
        return kept.models
    keep_models(folder, poe, models)
    return models


async def _fetched(url: str) -> list[Model]:
    async with open_session() as session:
        return await PlatformApi(url, session).models()


def _age(kept: CachedModels) -> str:
    days = int((time.time() - kept.listed) / _DAY_SECONDS)
    return "less than a day" if days < 1 else f"{days} days"
