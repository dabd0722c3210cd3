"""`poe doctor`: the first thing that stands in the way, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from poecli.commands.bug_report import environment_lines, redact
from poecli.commands.options import Json, Python
from poecli.config.project import Project, project_or_why
from poecli.config.settings import base_url, read_environment
from poecli.doctor.results import DoctorContext, Status, StepResult
from poecli.doctor.steps import examine
from poecli.errors import ExitCode
from poecli.terminal.console import Console

_MARKS = {
    Status.OK: ("ok     ", "green"),
    Status.SKIPPED: ("skipped", "dim"),
    Status.NOTE: ("note   ", "yellow"),
    Status.FAILED: ("FAILED ", "bold red"),
}


@dataclass(frozen=True)
class DoctorFlags:
    python: Python = None
    json: Json = False
    report: Annotated[
        bool, typer.Option("--report", help="Print a text for a bug report, without keys.")
    ] = False


def doctor(console: Console, flags: DoctorFlags) -> ExitCode:
    """Find what stands in the way, step by step, and stop at the first cause.

    Examples:
      poe doctor
      poe doctor --report > report.txt
      poe doctor --json | jq .findings
    """
    project, broken = project_or_why(Path.cwd())
    environment = read_environment(console.env, project.root)
    poe = base_url(environment, project=project.base_url).value
    settings: dict[str, Mapping[str, Any]] = {}

    async def read_local_settings() -> Mapping[str, Mapping[str, Any]]:
        # Two steps ask; the worker is started for the first only.
        if not settings:
            settings.update(await _local_settings(project, console, flags.python))
        return settings

    context = DoctorContext(
        project,
        environment,
        poe,
        broken,
        flags.python,
        read_local_settings,
        lambda bot, settings: _drift(project, poe, bot, settings),
    )
    quiet = flags.json or flags.report
    findings = asyncio.run(
        examine(context, lambda finding: None if quiet else _show(console, finding))
    )
    failed = any(finding.status is Status.FAILED for finding in findings)
    if flags.json:
        console.json(
            {"type": "doctor", "ok": not failed, "findings": [f.as_json() for f in findings]}
        )
    elif flags.report:
        lines = [f"{f.status.value:<8}{f.step}: {f.says}" for f in findings]
        console.data(redact("\n".join([*environment_lines(), "", *lines]), console.env))
    return ExitCode.AT_FAULT if failed else ExitCode.DONE


def _show(console: Console, finding: StepResult) -> None:
    mark, style = _MARKS[finding.status]
    console.data(
        f"{console.styled(mark, style, stream=console.stdout)} {finding.step}: {finding.says}"
    )
    if finding.fix and finding.status is not Status.OK:
        console.data(
            f"        {console.styled('try:', 'dim', stream=console.stdout)} {finding.fix}"
        )


async def _local_settings(
    project: Project, console: Console, python: str | None
) -> Mapping[str, Mapping[str, Any]]:
    from poecli.config.python.choice import interpreter_for
    from poecli.config.target import Target
    from poecli.local.settings import read_local_settings

    target = Target.parse(".", project.root)
    interpreter = interpreter_for(target, console.env, python, Path.cwd())
    return await read_local_settings(target, interpreter)


def _drift(
    project: Project, poe: str, bot: str, settings: Mapping[str, Any]
) -> Sequence[str] | None:
    from poecli.settings_sync.drift import changes, read_lock

    synced = read_lock(project.root).settings_of(poe, bot)
    return None if synced is None else [change.setting for change in changes(synced, settings)]
