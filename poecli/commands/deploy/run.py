"""What `poe deploy` does with its flags: choose the bots, and deploy one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from poecli.commands.deploy import show
from poecli.commands.deploy.flags import DeployFlags
from poecli.commands.deploy.helpers import DeployWork
from poecli.config.project import BotEntry, Project, find_project
from poecli.config.redaction import secret_values, usable_keys
from poecli.config.settings import base_url, read_environment
from poecli.deploy.build import build_of
from poecli.deploy.deployment import Deployment, deployments
from poecli.deploy.program import ProviderShell
from poecli.deploy.record import deploying
from poecli.deploy.runner import Deploy, DeployContext
from poecli.deploy.steps import SKIPPABLE, DeployResult, planned
from poecli.errors import ExitCode, MissingChoice, UsageError
from poecli.suggestions import did_you_mean
from poecli.terminal.console import Console
from poecli.waiting import run_async


def run_deploy(console: Console, flags: DeployFlags) -> int:
    """Deploy what the flags choose; the exit code of the first that failed."""
    for step in flags.skip:
        if step not in SKIPPABLE:
            raise UsageError(
                f"The step {step!r} can't be left out.", hint=did_you_mean(step, SKIPPABLE)
            )
    project = find_project(Path.cwd())
    bots = _chosen(project, flags)
    chosen = deployments(project, bots)
    if flags.all_bots and (left := project.bots.keys() - {bot.name for bot in bots}):
        console.say(f"Not deployed, since poe.toml does not say where: {', '.join(sorted(left))}.")
    if flags.dry_run:
        for each in chosen:
            steps = planned(each, build_of(each.root))
            show.plan(console, each, [step for step in steps if step.name not in flags.skip])
        return ExitCode.DONE
    results = _deploy(console, flags, project, chosen)
    if console.json_mode:
        console.json({"type": "deploy", "deploys": [result.as_json() for result in results]})
    failed = [result.error for result in results if result.error is not None]
    return failed[0].exit_code if failed else ExitCode.DONE


def _deploy(
    console: Console, flags: DeployFlags, project: Project, chosen: Sequence[Deployment]
) -> list[DeployResult]:
    environment = read_environment(console.env, project.root)
    # Whatever a provider's program repeats of them is masked.
    known = {**console.env, **environment.dotenv}
    keys = [known[name] for name in project.key_variables if name in known]
    console.secrets = usable_keys([*secret_values(known), *keys])
    poe = base_url(environment, flags.base_url, project.base_url).value
    with deploying(
        project.root, ", ".join(b.name for each in chosen for b in each.bots)
    ) as records:
        context = DeployContext(
            environment,
            records,
            DeployWork(console, project, poe, flags.python).helpers(),
            ProviderShell(project.root, console.env, partial(show.output, console)),
            partial(show.step, console),
            flags.skip,
            flags.wait,
        )
        try:
            return [_deployed(console, each, context) for each in chosen]
        except KeyboardInterrupt:
            console.say("Stopped. The same `poe deploy` goes on from here.")
            raise


def _deployed(console: Console, deployment: Deployment, context: DeployContext) -> DeployResult:
    build = build_of(deployment.root)
    show.heading(console, deployment, build)
    result = run_async(Deploy(deployment, build, context).run())
    show.result(console, result)
    return result


def _chosen(project: Project, flags: DeployFlags) -> list[BotEntry]:
    """The bots that are meant. Raises MissingChoice, UsageError."""
    if flags.all_bots and flags.bots:
        raise UsageError("--all can't be combined with names.", hint="poe deploy --all")
    if project.file is None or not project.bots:
        raise UsageError(
            "There is no poe.toml with a bot here.", hint="poe init", id="no-deploy-table"
        )
    for name in flags.bots:
        if name not in project.bots:
            raise UsageError(
                f"poe.toml has no bot {name!r}.", hint=did_you_mean(name, project.bots)
            )
    if flags.bots:
        return [project.bots[name] for name in dict.fromkeys(flags.bots)]
    bots = list(project.bots.values())
    bots = [bot for bot in bots if bot.deploy is not None] or bots
    if not flags.all_bots and len(deployments(project, bots)) > 1:
        raise MissingChoice(
            "No bot was given.",
            why=f"poe.toml deploys several: {', '.join(bot.name for bot in bots)}.",
            hint="poe deploy BOT, or poe deploy --all",
        )
    return bots
