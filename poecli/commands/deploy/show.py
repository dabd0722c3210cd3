"""A deploy as a person follows it, on stderr; its end on stdout."""

from __future__ import annotations

from collections.abc import Sequence

from poecli.deploy.deployment import Deployment
from poecli.deploy.steps import DeployResult, Planned, StepDone, StepOutcome
from poecli.terminal.console import Console, is_terminal
from poecli.terminal.foreign import no_command

_MARKS = {
    StepOutcome.DONE: ("✓", "green"),
    StepOutcome.EARLIER: ("✓", "dim"),
    StepOutcome.SKIPPED: ("-", "dim"),
    StepOutcome.FAILED: ("✗", "red"),
}
_NAME_WIDTH = 8


def heading(console: Console, deployment: Deployment, build: str) -> None:
    """What goes where."""
    names = ", ".join(bot.name for bot in deployment.bots)
    console.say(f"{names} -> {deployment.table.to}, build {build}", style="bold")


def step(console: Console, what: str | StepDone) -> None:
    """A step's outcome and time; where a person waits, also its name when it begins."""
    if isinstance(what, str):
        if is_terminal(console.stderr):
            console.say(f"  {what} …", style="dim")
        return
    mark, style = _MARKS[what.outcome]
    took = (
        f" ({what.seconds:.1f} s)" if what.outcome in (StepOutcome.DONE, StepOutcome.FAILED) else ""
    )
    said = what.says if what.outcome is StepOutcome.DONE else f"{what.outcome.value}: {what.says}"
    told = console.styled(f"{what.name:<{_NAME_WIDTH}} {said}{took}", "")
    console.paint(f"{console.styled(mark, style)} {told}\n")


def output(console: Console, line: str) -> None:
    """A line of a provider's program."""
    console.say(f"  | {no_command(line)}", style="dim")


def result(console: Console, result: DeployResult) -> None:
    """What to enter on poe.com, the error, or where the bots are."""
    for each in result.enter:
        console.say(f"On {each['page']} enter, once:")
        console.say(f"  Server URL   {each['server_url']}")
        console.say(f"  Access key   the value of {each['access_key']}")
    if result.error is not None:
        console.show_error(result.error)
    elif not console.json_mode:
        for bot, url in result.urls.items():
            console.data(f"{bot}: {url} (build {result.build})")


def plan(console: Console, deployment: Deployment, steps: Sequence[Planned]) -> None:
    """The steps of --dry-run, with their commands."""
    names = [bot.name for bot in deployment.bots]
    if console.json_mode:
        shown = [
            {"step": each.name, "does": each.does, "commands": [str(c) for c in each.commands]}
            for each in steps
        ]
        console.json({"type": "deploy-plan", "bots": names, "steps": shown})
        return
    console.data(f"{', '.join(names)} -> {deployment.table.to}")
    for each in steps:
        console.data(f"  {each.name:<{_NAME_WIDTH}} {each.does}")
        for command in each.commands:
            console.data(f"  {'':<{_NAME_WIDTH}} $ {console.styled(str(command), '')}")
