"""What a step of the examination looks at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poecli.config.project import Project
from poecli.config.settings import Environment
from poecli.errors import PoeCliError


@dataclass(frozen=True)
class DoctorContext:
    """What the steps look at; ``python`` as --python names it.

    The callables are what this part may not import.

    ``read_local_settings`` starts the project in a worker and gives each bot's settings by name;
    ``settings_drift`` gives the names of settings that differ from the last sync, None when there
    was none.
    """

    project: Project
    environment: Environment
    base_url: str
    broken_project: PoeCliError | None
    python: str | None
    read_local_settings: Callable[[], Awaitable[Mapping[str, Mapping[str, Any]]]]
    settings_drift: Callable[[str, Mapping[str, Any]], Sequence[str] | None]
