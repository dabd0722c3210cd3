"""What a step of the examination looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from poecli.config.project import Project
from poecli.config.settings import Environment
from poecli.errors import PoeCliError


class Status(Enum):
    """The outcome of a step."""

    OK = "ok"
    SKIPPED = "skipped"  # nothing to look at here
    NOTE = "note"  # worth knowing, blocks nothing
    FAILED = "failed"


@dataclass(frozen=True)
class StepResult:
    """One step's result; ``fix`` is what to type when something is to be done."""

    status: Status
    says: str
    fix: str = ""
    step: str = ""  # its name, as the table of steps has it

    def as_json(self) -> dict[str, str]:
        """step, outcome, says, fix."""
        return {
            "step": self.step,
            "outcome": self.status.value,
            "says": self.says,
            "fix": self.fix,
        }


def ok(says: str) -> StepResult:
    """A step that found nothing wrong."""
    return StepResult(Status.OK, says)


def skipped(says: str) -> StepResult:
    """A step with nothing to look at."""
    return StepResult(Status.SKIPPED, says)


def note(says: str, fix: str) -> StepResult:
    """Something worth knowing that stands in nobody's way."""
    return StepResult(Status.NOTE, says, fix)


def failed(says: str, fix: str) -> StepResult:
    """A cause: the examination ends with it."""
    return StepResult(Status.FAILED, says, fix)


def failed_with(error: PoeCliError) -> StepResult:
    """A step that ended with one of our errors."""
    return failed(" ".join(part for part in (error.message, error.why) if part), error.hint)


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
