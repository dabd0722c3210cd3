"""What `poe upgrade` does: choose files and rules, have them upgraded, say what became of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from poecli.commands.upgrade import show
from poecli.commands.upgrade.flags import UpgradeFlags
from poecli.config.target import Target
from poecli.errors import ExitCode
from poecli.terminal.console import Console
from poecli.upgrade.project import (
    SkippedFile,
    UpgradedFile,
    is_upgraded,
    project_files,
    upgrade_files,
    write,
)
from poecli.upgrade.rules.catalog import chosen_rules, rules_named


def run_upgrade(console: Console, flags: UpgradeFlags) -> int:
    """Show or write; the exit code says whether anything is left that --write would change."""
    rules = chosen_rules(flags.only, flags.skip)
    outcomes = list(upgrade_files(_files(flags.target), rules))
    if flags.write:
        for outcome in outcomes:
            if isinstance(outcome, UpgradedFile) and outcome.edits:
                write(outcome)
    if flags.json:
        show.as_json(console, outcomes, written=flags.write)
    else:
        show.as_text(console, outcomes, written=flags.write, again=_again(flags))
    return exit_code(outcomes, written=flags.write)


def exit_code(outcomes: Iterable[UpgradedFile | SkippedFile], *, written: bool) -> ExitCode:
    """As `black --check`: 1 when a file is not as it should be, or could not be looked at."""
    for outcome in outcomes:
        if isinstance(outcome, SkippedFile) or (outcome.edits and not written):
            return ExitCode.AT_FAULT
    return ExitCode.DONE


def explain_rules(console: Console, name: str) -> int:
    """Print one rule, or all. Raises UsageError for one that does not exist."""
    for rule in rules_named(name):
        if console.json_mode:
            fields = {"id": rule.id, "title": rule.title, "source": rule.source}
            console.json({"type": "rule", **fields, "fixes": rule.fixes})
        else:
            console.data(f"{rule.id}\n  {rule.title}\n  {rule.source}")
    return ExitCode.DONE


def _files(target: str) -> Iterable[Path]:
    """The files that a target means. Raises NoSuchTarget and its like."""
    path = Path(target)
    if path.is_dir():
        return project_files(path)
    if path.is_file() and is_upgraded(path):
        return [path]
    return [Target.parse(target, Path.cwd()).file]


def _again(flags: UpgradeFlags) -> str:
    words = ["poe", "upgrade", *([flags.target] if flags.target != "." else [])]
    for name, rules in (("--only", flags.only), ("--skip", flags.skip)):
        words += [word for rule in rules for word in (name, rule)]
    return shlex.join([*words, "--write"])
