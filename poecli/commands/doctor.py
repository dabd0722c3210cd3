"""`poe doctor`: the first thing that stands in the way, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from poecli.commands.app import get_console
from poecli.commands.bug_report import environment_lines, redact
from poecli.commands.options import Json
from poecli.config.project import find_project
from poecli.config.settings import base_url, read_environment
from poecli.doctor.steps import Finding, Outcome, Patient, examine
from poecli.errors import ExitCode
from poecli.terminal.console import Console

_MARKS = {
    Outcome.OK: ("ok     ", "green"),
    Outcome.SKIPPED: ("skipped", "dim"),
    Outcome.NOTE: ("note   ", "yellow"),
    Outcome.FAILED: ("FAILED ", "bold red"),
}


def doctor(
    ctx: typer.Context,
    json: Json = False,
    report: Annotated[
        bool, typer.Option("--report", help="Print a text for a bug report, without keys.")
    ] = False,
) -> ExitCode:
    """Find what stands in the way, step by step, and stop at the first cause.

    Examples:
      poe doctor
      poe doctor --report > report.txt
      poe doctor --json | jq .findings
    """
    console = get_console(ctx)
    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    patient = Patient(
        project,
        environment,
        base_url(environment).value,
        lambda: _local_settings(project.root),
        lambda bot, settings: _drift(project.root, bot, settings),
    )
    quiet = json or report
    findings = asyncio.run(
        examine(patient, lambda finding: None if quiet else _show(console, finding))
    )
    failed = any(finding.outcome is Outcome.FAILED for finding in findings)
    if json:
        console.json(
            {"type": "doctor", "ok": not failed, "findings": [f.as_json() for f in findings]}
        )
    elif report:
        lines = [f"{f.outcome.value:<8}{f.step}: {f.says}" for f in findings]
        console.data(redact("\n".join([*environment_lines(), "", *lines]), console.env))
    return ExitCode.AT_FAULT if failed else ExitCode.DONE


def _show(console: Console, finding: Finding) -> None:
    mark, style = _MARKS[finding.outcome]
    console.data(
        f"{console.styled(mark, style, stream=console.stdout)} {finding.step}: {finding.says}"
    )
    if finding.fix and finding.outcome is not Outcome.OK:
        console.data(
            f"        {console.styled('try:', 'dim', stream=console.stdout)} {finding.fix}"
        )


async def _local_settings(root: Path) -> Mapping[str, Any]:
    from poecli.devserver.local_settings import read_local_settings

    return await read_local_settings(str(root))


def _drift(root: Path, bot: str, settings: Mapping[str, Any]) -> Sequence[str] | None:
    from poecli.settings_sync import drift_from_lock

    return drift_from_lock(root, bot, settings)
