"""`poe doctor`: the first thing that stands in the way, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from poecli.client.address import BotAddress
from poecli.commands.bots.access_keys import key_for_url, key_in_file
from poecli.commands.bug_report import environment_lines, redact
from poecli.commands.options import Json, Python
from poecli.config.project import Project, project_or_why
from poecli.config.settings import Environment, base_url, read_environment
from poecli.doctor.context import DoctorContext
from poecli.doctor.steps import STEPS
from poecli.errors import ExitCode, PoeCliError, UsageError
from poecli.probe.url_steps import examine_url
from poecli.step_results import StepResult, examined
from poecli.terminal.console import Console
from poecli.terminal.step_lines import step_lines
from poecli.waiting import run_async


@dataclass(frozen=True)
class DoctorFlags:
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="A bot's public URL, to examine it alone."),
    ] = None
    access_key_file: Annotated[
        Path | None,
        typer.Option("--access-key-file", metavar="FILE", help="File with the access key for URL."),
    ] = None
    python: Python = None
    json: Json = False
    report: Annotated[
        bool, typer.Option("--report", help="Print a text for a bug report, without keys.")
    ] = False


def doctor(console: Console, flags: DoctorFlags) -> ExitCode:
    """Find what stands in the way, step by step, and stop at the first cause.

    With a URL it looks at that bot from outside: name, port, certificate, keys, settings, and
    whether its answer streams. It asks the bot one short question.

    Examples:
      poe doctor
      poe doctor https://my-bot.example.com/
      poe doctor --report > report.txt
      poe doctor --json | jq .findings
    """
    if flags.access_key_file is not None and flags.url is None:
        raise UsageError("--access-key-file is for a URL.", hint="poe doctor URL …")
    project, broken = project_or_why(Path.cwd())
    environment = read_environment(console.env, project.root)
    quiet = flags.json or flags.report

    def show(result: StepResult) -> None:
        for text, style in () if quiet else step_lines(result):
            console.data(console.styled(text, style, stream=console.stdout))

    if flags.url is not None:
        key = key_in_file(flags.access_key_file) or key_for_url(flags.url, project, environment)
        findings = run_async(examine_url(BotAddress.at(flags.url, key), show=show))
    else:
        context = _context(console, flags, project, environment, broken)
        findings = run_async(examined(STEPS, context, show))
    _conclude(console, flags, findings)
    return findings[-1].exit_code


def _context(
    console: Console,
    flags: DoctorFlags,
    project: Project,
    environment: Environment,
    broken: PoeCliError | None,
) -> DoctorContext:
    from poecli.local.settings import LocalSettings
    from poecli.settings_sync.drift import changes, read_lock
    from poecli.settings_sync.sources import local_settings

    poe = base_url(environment, project=project.base_url).value
    local = LocalSettings(project, console.env, flags.python)

    async def drift(bot: str) -> Sequence[str] | None:
        here = await local_settings(bot, local.of)
        synced = read_lock(project.root).settings_of(poe, bot)
        return None if synced is None else [change.setting for change in changes(synced, here)]

    return DoctorContext(project, environment, poe, broken, flags.python, local.of, drift)


def _conclude(console: Console, flags: DoctorFlags, findings: Sequence[StepResult]) -> None:
    if flags.json:
        values = {"type": "doctor", "ok": not findings[-1].failed}
        console.json({**values, "findings": [f.as_json() for f in findings]})
    elif flags.report:
        lines = [f"{f.status.value:<8}{f.step}: {f.says}" for f in findings]
        console.data(redact("\n".join([*environment_lines(), "", *lines]), console.env))
