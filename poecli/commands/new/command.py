"""`poe new`: a bot project from a template."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from poecli.commands.options import Json, Quiet
from poecli.errors import MissingChoice, UsageError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.scaffold.create import Plan


@dataclass(frozen=True)
class NewFlags:
    template: Annotated[
        str | None,
        typer.Argument(metavar="TEMPLATE", help="The template; `poe new --list` shows them."),
    ] = None
    directory: Annotated[
        str | None,
        typer.Argument(
            metavar="DIRECTORY", help="The folder to create (default: the template's name)."
        ),
    ] = None
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="HANDLE", help="The bot's handle on Poe (default: the folder's)."
        ),
    ] = None
    deploy: Annotated[
        Literal["modal", "docker", "fly", "render", "cloudrun", "none"] | None,
        typer.Option("--deploy", help="Files for deployment (default: modal)."),
    ] = None
    git: Annotated[
        bool | None, typer.Option("--git/--no-git", help="Make it a git repository.")
    ] = None
    force: Annotated[
        bool,
        typer.Option("--force", help="Write into a folder with content; nothing is deleted."),
    ] = False
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="PATH_OR_GIT_URL", help="Use a template of your own."),
    ] = None
    show_list: Annotated[bool, typer.Option("--list", help="List the templates.")] = False
    json: Json = False
    quiet: Quiet = False


def new(console: Console, flags: NewFlags) -> None:
    """Create a bot project from a template.

    Examples:
      poe new echo my-bot
      poe new pdf-counter --deploy docker --git
      poe new --list
      poe new --from ../our-template my-bot
    """
    if flags.show_list:
        list_templates(console, json=flags.json)
    else:
        create(console, settle(console, flags), json=flags.json)


def settle(console: Console, flags: NewFlags) -> Plan:
    """What the flags ask for; a person is asked for the rest where no template is named.

    Raises UsageError, MissingChoice.
    """
    from poecli.scaffold.create import NewOptions, plan

    template, directory = flags.template, flags.directory
    if flags.source is not None:
        if directory is not None:
            raise UsageError("--from replaces TEMPLATE.", hint="poe new --from X FOLDER")
        template, directory = None, template
    options = NewOptions(
        template=template,
        source=flags.source,
        directory=directory,
        name=flags.name,
        deploy=flags.deploy,
        git=flags.git,
        force=flags.force,
        may_ask=console.can_ask,
    )
    # Who names the template knows the flags; who types a bare `poe new` is asked.
    if template is not None or flags.source is not None:
        return plan(options)
    if not console.can_ask:
        raise missing_template()
    from poecli.commands.new.questions import ask_for

    return ask_for(console, options)


def missing_template() -> MissingChoice:
    """The error where nobody can be asked for the template."""
    return MissingChoice(
        "No template was given, and poe can't ask for one.",
        why="A template is needed; the rest has a default.",
        hint="poe new TEMPLATE [DIRECTORY] [--name NAME] "
        "[--deploy modal|docker|fly|render|cloudrun|none] [--git|--no-git] [--force], "
        "or poe new --from PATH_OR_GIT_URL [DIRECTORY]; "
        "poe new --list shows the templates",
    )


def list_templates(console: Console, *, json: bool) -> None:
    """The templates, as lines or as one JSON object."""
    from poecli.scaffold.catalog import all_templates

    templates = all_templates()
    if json:
        console.json({"type": "templates", "templates": [t.as_json() for t in templates]})
        return
    width = max(len(t.name) for t in templates) + 2
    for template in templates:
        also = f" (also: {', '.join(template.aliases)})" if template.aliases else ""
        console.data(f"{template.name:<{width}}{template.description}{also}")


def create(console: Console, plan: Plan, *, json: bool) -> None:
    """Write the project and say what to type next."""
    from poecli.scaffold.create import carry_out, next_commands
    from poecli.scaffold.git import GitFailed
    from poecli.scaffold.names import renamed

    try:
        carry_out(plan)
    except GitFailed as error:
        console.warn(f"The project was created, but not as a git repository: {error.why}")
    if plan.links:
        console.warn(f"Symbolic links in the template were skipped: {', '.join(plan.links)}")
    steps = next_commands(plan, Path.cwd())
    if json:
        console.json(
            {
                "type": "created",
                "template": plan.template,
                "name": plan.name,
                "path": str(plan.target.resolve()),
                "files": list(plan.files),
                "next": steps,
            }
        )
        return
    console.say(f"{plan.target} is ready: {len(plan.files)} files for the bot {plan.name}.")
    if not plan.options.name and (note := renamed(plan.target.resolve(), plan.name)):
        console.say(note)
    console.say("Next:")
    for step in steps:
        console.say(f"  {step}")
