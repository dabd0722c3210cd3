"""What a step of the examination looks at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from poecli.config.project import Project
from poecli.config.settings import Environment
from poecli.errors import PoeCliError


@dataclass(frozen=True)
class DoctorContext:
    """What the steps look at; ``python`` as --python names it.

    The callables are what this part may not import.

    ``load`` starts a bot's file in a worker, "" for the project's own; ``settings_drift`` gives the
    names of a bot's settings that differ from the last sync, None when there was none.
    """

    project: Project
    environment: Environment
    base_url: str
    broken_project: PoeCliError | None
    python: str | None
    load: Callable[[str], Awaitable[object]]
    settings_drift: Callable[[str], Awaitable[Sequence[str] | None]]
