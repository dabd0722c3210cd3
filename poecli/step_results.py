"""What one step of an examination found: `poe doctor`, and a bot's public URL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from poecli.errors import ExitCode, PoeCliError

T = TypeVar("T")
_AGAIN_SECONDS = 0.5


class Status(Enum):
    """The outcome of a step."""

    OK = "ok"
    SKIPPED = "skipped"  # nothing to look at here
    NOTE = "note"  # worth knowing, blocks nothing
    FAILED = "failed"


@dataclass(frozen=True)
class StepResult:
    """One step's result; ``fix`` is what to type when something is to be done.

    ``exit_code`` is the one that a command ends with for a step that failed. ``step`` is its name
    and ``ms`` the time it took, both filled in by `taken`.
    """

    status: Status
    says: str
    fix: str = ""
    step: str = ""
    ms: float = 0.0
    exit_code: ExitCode = ExitCode.DONE

    @property
    def failed(self) -> bool:
        """Whether the examination ends here."""
        return self.status is Status.FAILED

    def as_json(self) -> dict[str, Any]:
        """step, outcome, says, fix, ms."""
        return {
            "step": self.step,
            "outcome": self.status.value,
            "says": self.says,
            "fix": self.fix,
            "ms": round(self.ms, 1),
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


def failed(says: str, fix: str, exit_code: ExitCode = ExitCode.AT_FAULT) -> StepResult:
    """A cause: the examination ends with it."""
    return StepResult(Status.FAILED, says, fix, exit_code=exit_code)


def failed_with(error: PoeCliError) -> StepResult:
    """A step that ended with one of our errors."""
    says = " ".join(part for part in (error.message, error.why) if part)
    return failed(says, error.hint, error.exit_code)


async def taken(name: str, step: Awaitable[StepResult]) -> StepResult:
    """Take a step: its result, with its name and time. One of our errors is a step that failed."""
    began = time.monotonic()
    try:
        result = await step
    except PoeCliError as error:
        result = failed_with(error)
    return replace(result, step=name, ms=(time.monotonic() - began) * 1000)


async def examined(
    steps: Mapping[str, Callable[[T], Awaitable[StepResult]]],
    looked_at: T,
    show: Callable[[StepResult], None],
    patience: float = 0.0,
) -> list[StepResult]:
    """Take the steps in order, up to and with the first that failed; ``show`` hears each at once.

    A step that finds nobody (a name, port or host that is not there yet: exit code NOT_REACHABLE)
    is taken again for ``patience`` seconds in all.
    """
    deadline = time.monotonic() + patience
    results: list[StepResult] = []
    for name, step in steps.items():
        result = await taken(name, step(looked_at))
        while result.exit_code is ExitCode.NOT_REACHABLE and time.monotonic() < deadline:
            await asyncio.sleep(_AGAIN_SECONDS)
            result = await taken(name, step(looked_at))
        results.append(result)
        show(result)
        if result.failed:
            break
    return results
