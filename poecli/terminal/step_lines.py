"""The result of a step as lines of a terminal: `poe doctor`, the proof of a tunnel."""

from __future__ import annotations

from collections.abc import Iterator

from poecli.step_results import Status, StepResult
from poecli.terminal.foreign import clean

_STYLES = {
    Status.OK: "",
    Status.SKIPPED: "dim",
    Status.NOTE: "yellow",
    Status.FAILED: "bold red",
}
_WORTH_SAYING_MS = 100.0


def step_lines(result: StepResult) -> Iterator[tuple[str, str]]:
    """Each line and its style: what was found, and what to do about it."""
    mark = result.status.value.upper() if result.failed else result.status.value
    took = f" ({result.ms / 1000:.1f} s)" if result.ms >= _WORTH_SAYING_MS else ""
    yield f"{mark:<7} {result.step}: {clean(result.says)}{took}", _STYLES[result.status]
    if result.fix and result.status in (Status.NOTE, Status.FAILED):
        yield f"        try: {clean(result.fix)}", "dim"
