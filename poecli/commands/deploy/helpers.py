"""What other parts do for a deploy, each with a sentence about what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from poecli.client.address import BotAddress
from poecli.commands.check.flags import CheckFlags
from poecli.commands.check.run import check_bots
from poecli.commands.deploy import show
from poecli.config.credentials import Secret
from poecli.config.project import FILE_NAME, BotEntry, Project
from poecli.config.python.choice import interpreter_for
from poecli.config.target import Target
from poecli.conformance.results import Outcome, Report
from poecli.conformance.runner import CheckOptions, Subject, check
from poecli.deploy.deployment import Deployment
from poecli.deploy.program import ProviderFailed, ProviderShell, run
from poecli.deploy.providers.provider import Command
from poecli.deploy.runner import Helpers
from poecli.errors import BotFault, UsageError
from poecli.local.settings import LocalSettings
from poecli.local.toml_edit import set_values
from poecli.probe.url_steps import examine_url
from poecli.protocol.rules.catalog import Level
from poecli.settings_sync.drift import flat
from poecli.settings_sync.result import SyncResult
from poecli.settings_sync.sources import local_settings
from poecli.settings_sync.sync import Sync, SyncOptions
from poecli.step_results import Status
from poecli.terminal.amounts import counted
from poecli.terminal.console import Console


@dataclass(frozen=True)
class DeployWork:
    """For one project. ``poe`` is the base URL of the Poe that is told of settings."""

    console: Console
    project: Project
    poe: str
    python: str | None

    def helpers(self) -> Helpers:
        return Helpers(
            check=self._check,
            test=self._test,
            probe=self._probe,
            sync=self._sync,
            write_url=self._write_url,
            local_settings=self._local_settings,
            digest=_digest,
        )

    async def _check(self, deployment: Deployment) -> str:
        reports: list[Report] = []
        for target in deployment.targets(self.project):
            flags = CheckFlags(target=target, python=self.python)
            await check_bots(self.console, flags, CheckOptions(), reports)
        return _passed(reports, "poe check")

    async def _test(self, deployment: Deployment) -> str:
        root = deployment.root
        files = [*root.glob("test_*.py"), *(root / "tests").rglob("test_*.py")]
        if not files:
            return "there are none in Python"
        target = Target.parse(deployment.targets(self.project)[0], root)
        python = interpreter_for(target, self.console.env, self.python, Path.cwd())
        if not any((folder / "pytest").is_dir() for folder in python.packages):
            return f"not run: pytest is not installed in {python.executable}"
        around = ProviderShell(root, self.console.env, partial(show.output, self.console))
        command = Command((str(python.executable), "-m", "pytest", "-q"))
        try:
            output = await run(command, around)
        except ProviderFailed as error:
            raise BotFault(
                "The project's own tests fail.", hint="python -m pytest", id="tests-fail"
            ) from error
        return output.strip().splitlines()[-1] if output.strip() else "passed"

    async def _probe(self, bot: BotEntry, key: Secret) -> str:
        url = bot.url or ""
        address = BotAddress(bot.name, url, key)
        for result in await examine_url(address):
            if result.failed:
                failure = BotFault(result.says, hint=result.fix, id="probe-failed")
                failure.exit_code = result.exit_code
                raise failure
            if result.status is Status.NOTE:
                self.console.warn(f"{result.step}: {result.says} {result.fix}")
        report = await check(Subject(address), CheckOptions())
        return _passed([report], f"poe check {url}")

    async def _sync(self, bot: BotEntry, key: Secret) -> str:
        options = SyncOptions(self.poe, self.project.root)
        synced = await self._synced(options, bot, key)
        await self._synced(replace(options, check=True), bot, key)  # drift 0, or an error
        count = len(synced.changes)
        return f"{bot.name}: {count or 'no'} change{'s' * (count != 1)}, drift 0"

    async def _synced(self, options: SyncOptions, bot: BotEntry, key: Secret) -> SyncResult:
        result = await Sync(options, bot, key, self._local.of, self.console.say).run()
        if result.error is not None:
            raise result.error
        return result

    async def _local_settings(self, bot: str) -> Mapping[str, Any]:
        return await local_settings(bot, self._local.of)

    @cached_property
    def _local(self) -> LocalSettings:
        return LocalSettings(self.project, self.console.env, self.python)

    def _write_url(self, bot: BotEntry, url: str) -> str:
        """Add the URL to poe.toml, or say what to write there."""
        try:
            set_values(self.project.root / FILE_NAME, {("bots", bot.name, "url"): url})
        except UsageError as error:
            return f"{url}. {error.message} {error.hint}"
        return f"{url}, written to {FILE_NAME}"


def _passed(reports: Sequence[Report], command: str) -> str:
    """A sentence on what was checked. Raises BotFault for what fails a check."""
    failures = [result for report in reports for result in report.failures(Level.SHOULD)]
    if failures:
        lines = [f"{f.rule.id}: {f.findings[0].detail}" for f in failures]
        raise BotFault(
            failures[0].rule.sentence,
            why=f"{command} found {counted(len(failures), 'broken rule')}.",
            detail="\n".join(lines),
            hint=f"{command} --only {failures[0].rule.id}",
            id="check-failed",
        )
    passed = sum(len(report.of(Outcome.PASSED)) for report in reports)
    measures = reports[0].measures if reports else None
    first = measures.first_event_ms if measures else None
    return f"{passed} rules passed" + (f", first event {first:g} ms" if first is not None else "")


def _digest(settings: Mapping[str, Any]) -> str:
    """Of what Poe makes of the settings, so that spelling makes no difference."""
    acted_on = json.dumps(flat(settings), sort_keys=True, default=str)
    return hashlib.sha256(acted_on.encode()).hexdigest()
