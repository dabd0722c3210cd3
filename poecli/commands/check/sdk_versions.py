"""`poe check --fastapi-poe`: a bot with several versions of fastapi_poe, a result for each."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from poecli.commands.check.flags import CheckFlags
from poecli.commands.check.run import check_bots, check_options, is_address
from poecli.config.paths import user_folders
from poecli.config.project import find_project
from poecli.config.python.choice import find_interpreter
from poecli.config.target import Target
from poecli.conformance.reports import json_report
from poecli.conformance.results import Outcome, Report
from poecli.conformance.runner import CheckOptions
from poecli.errors import ExitCode, PoeCliError, UsageError
from poecli.local.sdk_environments import NEWEST, SdkEnvironments, TriedSdk
from poecli.protocol.rules.catalog import Level
from poecli.source.python_file import PythonFile
from poecli.source.sdk_features import OLDEST, MissingFeature, is_older, missing_in
from poecli.terminal.console import Console
from poecli.terminal.foreign import one_line
from poecli.waiting import run_async

_OF_AN_ERROR = ("id", "message", "why", "hint", "detail")
# What a bot can't do on an older version, whatever its author writes: rule -> what came when.
_OF_RULES = {
    "report-refused": ("report_reaction", "0.0.49"),
    "response-version-missing": ("response_version", "0.0.61"),
    "role-refused": ("the role `tool`", "0.0.67"),
}
_RELEASE = re.compile(r"\d+(\.\d+)+((a|b|rc|\.dev|\.post)\d+)?")


@dataclass
class VersionResult:
    """How a bot is with one version; ``error`` says why it could not be checked with it.

    ``newer`` are packages that this version requires newer than the project has them.
    """

    version: str
    python: str = ""
    newer: tuple[str, ...] = ()
    reports: list[Report] = field(default_factory=list)
    missing: list[MissingFeature] = field(default_factory=list)
    error: PoeCliError | None = None

    def is_fine(self, level: Level) -> bool:
        """Without a fault of that level; what is missing counts as one of ``should``."""
        lacks = bool(self.missing) and level is not Level.MUST
        return not (self.error or lacks or any(each.failures(level) for each in self.reports))


def check_versions(console: Console, flags: CheckFlags, versions: str) -> int:
    """Check the bot with each version; the exit code is that of the first that can't be checked.

    Raises UsageError for what can be no version, before anything is installed.
    """
    wanted = _versions(versions)
    _refuse_what_cannot_be(flags)
    options = check_options(flags)
    options.rules()  # a wrong name is told before anything is started
    target = Target.parse(flags.target, Path.cwd())
    project = find_project(target.root)
    python = find_interpreter(project, console.env, flags.python, Path.cwd())
    for note in python.notes:
        console.warn(note)
    cache = user_folders(console.env).cache / "fastapi_poe"
    environments = SdkEnvironments(python, cache, project.without_keys(console.env))
    level, results = Level(flags.level), list[VersionResult]()
    for version in wanted:
        console.say(f"Trying fastapi_poe {version} …", style="dim")
        result = VersionResult(version)
        try:
            with environments.with_sdk(version) as tried:
                _check(console, flags, options, tried, result)
        except PoeCliError as error:
            result.error = error
        results.append(result)
        _show(console, result, level)
    errors = (result.error.exit_code for result in results if result.error)
    is_fine = all(result.is_fine(level) for result in results)
    return next(errors, ExitCode.DONE if is_fine else ExitCode.AT_FAULT)


def _versions(text: str) -> list[str]:
    wanted = list(dict.fromkeys(filter(None, re.split(r"[,\s]+", text))))
    for version in wanted:
        if version != NEWEST and not _RELEASE.fullmatch(version):
            raise UsageError(
                f"--fastapi-poe: {version!r} is not a version.",
                hint="--fastapi-poe 0.0.63,newest",
            )
        if version != NEWEST and is_older(version, OLDEST):
            raise UsageError(
                f"--fastapi-poe: {version} is too old.",
                why=f"poe runs bots on fastapi_poe {OLDEST} and newer.",
                hint=f"--fastapi-poe {OLDEST},newest",
            )
    if not wanted:
        raise UsageError("--fastapi-poe names no version.", hint="--fastapi-poe 0.0.63,newest")
    return wanted


def _refuse_what_cannot_be(flags: CheckFlags) -> None:
    if is_address(flags.target):
        raise UsageError(
            f"--fastapi-poe is for a bot on this machine, and {flags.target} is an address.",
            hint="poe check FOLDER --fastapi-poe VERSION,…",
        )
    if flags.fix:
        raise UsageError(
            "--fix and --fastapi-poe can't be used together.",
            hint=f"poe check {shlex.quote(flags.target)} --fix, and then --fastapi-poe",
        )
    if flags.format not in ("text", "json"):
        raise UsageError(
            f"--fastapi-poe prints text or JSON, not {flags.format}.",
            hint="Leave out --format, or use --json.",
        )


def _check(
    console: Console,
    flags: CheckFlags,
    options: CheckOptions,
    tried: TriedSdk,
    result: VersionResult,
) -> None:
    """Fill in the result; what is missing also where the bot does not load."""
    result.version, result.newer = tried.version, tried.newer
    result.python = tried.interpreter.version
    python = str(tried.interpreter.executable)
    files: Sequence[Path] = [Target.parse(flags.target, Path.cwd()).file]
    try:
        files = run_async(
            check_bots(console, replace(flags, python=python), options, result.reports)
        )
    finally:
        result.missing += _behind(result)
        for file in files:
            source = PythonFile(file.read_bytes(), Path(os.path.relpath(file)).as_posix())
            result.missing += missing_in(tried.version, source)


def _behind(result: VersionResult) -> Iterator[MissingFeature]:
    """What the version lacks for the rules that it breaks by itself."""
    broken = {each.rule.id for report in result.reports for each in report.of(Outcome.FAULT)}
    for rule, (name, since) in _OF_RULES.items():
        if rule in broken and is_older(result.version, since):
            yield MissingFeature(name, since, rule)


def _show(console: Console, result: VersionResult, level: Level) -> None:
    if console.json_mode:
        console.json(_as_json(result, level))
        return
    is_fine = result.is_fine(level)
    mark = console.styled(
        "✓" if is_fine else "✗", "green" if is_fine else "red", stream=console.stdout
    )
    console.data(f"{mark} {_headline(result)}")
    for line in _lines(result):
        console.data(f"    {line}")


def _headline(result: VersionResult) -> str:
    on = f", Python {result.python}" if result.python else ""
    name = f"fastapi_poe {result.version}{on}"
    if result.error is not None:
        return f"{name}: not checked"
    faults = sum(len(each.of(Outcome.FAULT)) for each in result.reports)
    passed = sum(len(each.of(Outcome.PASSED)) for each in result.reports)
    lacks = f", lacks {_counted(len(result.missing), 'feature')}" if result.missing else ""
    return f"{name}: {_counted(faults, 'fault')}{lacks}, {_counted(passed, 'rule')} passed"


def _lines(result: VersionResult) -> Iterator[str]:
    if error := result.error:
        yield from (one_line(text, width=500) for text in (error.message, error.why) if text)
        if error.hint and not result.missing:
            yield f"try: {one_line(error.hint, width=500)}"
    for each in result.missing:
        yield one_line(f"{each.place}: {each.name} came with fastapi_poe {each.since}", width=500)
    for report in result.reports:
        for fault in report.of(Outcome.FAULT):
            seen = fault.findings[0]
            place = f"{seen.place}: " if seen.place else ""
            name = f"{report.target}: {fault.rule.id} ({fault.rule.level.value})"
            yield one_line(f"{name}: {place}{seen.detail}", width=500)
    if result.newer:
        yield f"with {', '.join(result.newer)}, which the project's packages do not meet"


def _as_json(result: VersionResult, level: Level) -> dict[str, Any]:
    error = result.error and result.error.as_json()
    return {
        "type": "version",
        "fastapi_poe": result.version,
        "python": result.python or None,
        "ok": result.is_fine(level),
        "missing": [asdict(each) for each in result.missing],
        "newer": list(result.newer),
        "checks": [json_report.as_json(each, level) for each in result.reports],
        "error": {key: error[key] for key in _OF_AN_ERROR} if error else None,
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
