"""What `poe check` does: find the bot, have it checked, print the report."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.client.address import BotAddress
from poecli.commands.bots.access_keys import key_in_file
from poecli.commands.check.flags import CheckFlags
from poecli.commands.run import refusal
from poecli.config.credentials import Secret, find_access_key
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, find_project
from poecli.config.settings import read_environment
from poecli.conformance.reports import json_report, text_report
from poecli.conformance.reports.github_report import as_github
from poecli.conformance.reports.junit_report import as_junit
from poecli.conformance.reports.sarif_report import as_sarif
from poecli.conformance.results import Report, Trouble
from poecli.conformance.runner import CheckOptions, Subject, check
from poecli.errors import ExitCode, UsageError
from poecli.probe.queries import PLAIN_TEXT
from poecli.protocol.rules.catalog import Level
from poecli.terminal.console import Console
from poecli.waiting import run_async

if TYPE_CHECKING:
    from poecli.commands.check.local_bot import CheckedBots

_URL = ("http://", "https://")
_MOST_NAMED = 5  # files that the bot has written


@dataclass
class _CheckResult:
    """What there is to print: the reports so far, and what kept the check from its end."""

    again: str  # the command that checks once more
    level: Level
    reports: list[Report] = field(default_factory=list)
    trouble: Trouble | None = None


def run_check(console: Console, flags: CheckFlags) -> int:
    """Check each bot of the target; the exit code tells whether any is at fault."""
    options = check_options(flags)
    result = _CheckResult(f"poe check {shlex.quote(flags.target)}", Level(flags.level))
    show = _PRINTERS["json" if console.json_mode else flags.format]
    if flags.fix and is_address(flags.target):
        raise UsageError(
            "--fix changes the bot's files, and a URL has none.", hint="poe check FOLDER --fix"
        )
    try:
        options.rules()  # a wrong name is told before anything is started
        run_async(check_bots(console, flags, options, result.reports))
        if flags.fix:
            from poecli.commands.check.fix import fix_faults

            if fix_faults(console, result.reports):
                result.reports.clear()
                run_async(check_bots(console, flags, options, result.reports))
    except BaseException as error:
        # Whoever reads the output gets a whole document, also of what came before the end.
        result.trouble = Trouble.of(flags.target, "check", refusal(error) or error)
        show(console, result)
        raise
    show(console, result)
    failed = any(report.failures(result.level) for report in result.reports)
    return ExitCode.AT_FAULT if failed else ExitCode.DONE


def check_options(flags: CheckFlags) -> CheckOptions:
    """What the flags say about how a bot is asked."""
    return CheckOptions(
        only=flags.only,
        skip=flags.skip,
        repeat=flags.repeat,
        seconds=flags.timeout,
        message=flags.message or PLAIN_TEXT,
    )


def is_address(target: str) -> bool:
    """Whether a bot is somewhere else, and only asked."""
    return target.startswith(_URL)


def _print_text(console: Console, result: _CheckResult) -> None:
    for report in result.reports:
        text_report.show(console, report, result.again)


def _print_json(console: Console, result: _CheckResult) -> None:
    for report in result.reports:
        console.json(json_report.as_json(report, result.level))
    if result.trouble is not None:
        console.json(json_report.trouble_as_json(result.trouble))


def _print_junit(console: Console, result: _CheckResult) -> None:
    console.data(as_junit(result.reports, result.level, result.trouble))


def _print_sarif(console: Console, result: _CheckResult) -> None:
    log = as_sarif(result.reports, result.trouble)
    console.data(json.dumps(log, indent=2, ensure_ascii=False))


def _print_github(console: Console, result: _CheckResult) -> None:
    lines = as_github(result.reports, result.trouble)
    console.data(lines, end="\n" if lines else "")


_PRINTERS = {
    "text": _print_text,
    "json": _print_json,
    "junit": _print_junit,
    "sarif": _print_sarif,
    "github": _print_github,
}


async def check_bots(
    console: Console, flags: CheckFlags, options: CheckOptions, reports: list[Report]
) -> Sequence[Path]:
    """Check each bot, then hold the conversations; ``reports`` has what is known so far.

    The files of the author's that the bots are in; none for an address.
    """
    if not is_address(flags.target):
        return await _check_here(console, flags, options, reports)
    for flag in ("python", "bot", "fault", "live", "restart"):
        if getattr(flags, flag):
            again = shlex.quote(flags.target)
            raise UsageError(
                f"--{flag} is for a bot on this machine, and {flags.target} is an address.",
                hint=f"poe check {again}, or poe check FOLDER --{flag} …",
            )
    bot = BotAddress(flags.target, flags.target, _key(console, flags))
    reports += [await check(Subject(bot), options)]
    return ()


async def _check_here(
    console: Console, flags: CheckFlags, options: CheckOptions, reports: list[Report]
) -> Sequence[Path]:
    # The dev server is needed for a bot on this machine only.
    from poecli.commands.check.chats import with_chats
    from poecli.commands.check.local_bot import checked_bots
    from poecli.commands.check.restarted import RESTART, restart
    from poecli.local.flags import LocalFlags

    local_flags = LocalFlags.for_one_command(
        flags.target, flags.python, examine_all=True, bot=flags.bot, fault=flags.fault
    )
    # With --fastapi-poe another version than asked for is what the check is about.
    warn = console.warn if flags.fastapi_poe is None else _say_nothing
    served = checked_bots(console.env, local_flags, console.show_error, warn, live=flags.live)
    async with served as local:
        subjects = local.subjects
        if flags.restart or RESTART in flags.only:
            restarted = await restart(local.project, console.env)
            subjects = [subject.with_seen(restarted) for subject in subjects]
        for subject in subjects:
            report = await check(subject, options)
            reports += [report]  # one by one: what is done counts if the next one fails
        if not flags.only:
            reports[:] = await with_chats(local, reports, flags.timeout)
        for sentence in (local.calls.poes_own.sentence(), _files_sentence(local)):
            if sentence:
                console.say(sentence)
        return local.project.server.files


def _files_sentence(local: CheckedBots) -> str:
    """What the checked bot has written where it keeps its own files; empty for nothing."""
    files = local.project.server.written_files
    named = ", ".join(files[:_MOST_NAMED]) + (", …" if len(files) > _MOST_NAMED else "")
    return f"Your bot wrote to its own files while it was checked: {named}." if files else ""


def _say_nothing(_text: str) -> None:
    """Instead of a warning."""


def _key(console: Console, flags: CheckFlags) -> Secret | None:
    if flags.access_key_file is not None:
        return key_in_file(flags.access_key_file)
    environment = read_environment(console.env, find_project(Path.cwd()).root)
    found = find_access_key(environment, DEFAULT_ACCESS_KEY_VARIABLE)
    return found.value if found else None
