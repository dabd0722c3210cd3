"""The models of a Poe: asked anew, else as they were kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from poecli.client.http import open_session
from poecli.client.platform_api import Model, PlatformApi
from poecli.errors import NotReachable, TryLater, UsageError
from poecli.models.cache import CachedModels, keep_models, read_models
from poecli.waiting import run_async

_DAY_SECONDS = 86400


def kept_list(folder: Path, poe: str) -> Sequence[Model]:
    """The list of the Poe at that address, as it was kept last. Raises UsageError without one."""
    kept = read_models(folder, poe)
    if kept is None:
        raise UsageError(
            f"No list of {poe} is stored yet.", hint="Run poe models while it can be reached."
        )
    return kept.models


def newest_list(folder: Path, poe: str, warn: Callable[[str], None]) -> Sequence[Model]:
    """The list as it is now, and kept; the kept one, with a warning, where Poe can't be asked.

    Raises NotReachable and TryLater when none is kept.
    """
    kept = read_models(folder, poe)
    try:
        models = run_async(_fetched(poe))
    except (NotReachable, TryLater) as error:
        if kept is None:
            raise
        warn(f"{error.message} This list is {_age(kept)} old.")
        return kept.models
    keep_models(folder, poe, models)
    return models


async def _fetched(url: str) -> list[Model]:
    async with open_session() as session:
        return await PlatformApi(url, session).models()


def _age(kept: CachedModels) -> str:
    days = int((time.time() - kept.listed) / _DAY_SECONDS)
    return "less than a day" if days < 1 else f"{days} days"
