"""What a bare `poe new` asks a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from poecli.config.values import suggest_handle
from poecli.errors import PoeCliError
from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import DEFAULT_DEPLOY, NewOptions, Plan, plan
from poecli.scaffold.hosts import Deploy
from poecli.scaffold.names import check_folder_name, check_handle
from poecli.terminal.console import Console
from poecli.terminal.prompts import ask_choice, ask_text, confirm

_DEPLOY_CHOICES = {
    "modal": "Modal (modal_app.py)",
    "docker": "Docker (Dockerfile)",
    "fly": "Fly.io (Dockerfile, fly.toml)",
    "render": "Render (Dockerfile, render.yaml)",
    "cloudrun": "Cloud Run (Dockerfile, service.yaml)",
    "none": "Somewhere else, or not yet",
}


def ask_for(console: Console, given: NewOptions) -> Plan:
    """Ask for what no flag gave, show the files, and settle the plan.

    Raises KeyboardInterrupt when the person turns it down.
    """
    template = ask_choice(console, "Which template?", _described(), flag="TEMPLATE")
    directory = ask_text(
        console,
        "Which folder?",
        flag="DIRECTORY",
        default=template,
        check=_complaint(lambda text: check_folder_name(Path(text).resolve().name)),
    )
    name = given.name or ask_text(
        console,
        "What is the bot called on Poe?",
        flag="--name",
        default=suggest_handle(Path(directory).resolve().name),
        check=_complaint(check_handle),
    )
    deploy = given.deploy or ask_choice(
        console, "Where will it run?", _DEPLOY_CHOICES, flag="--deploy", default=DEFAULT_DEPLOY
    )
    git = given.git
    if git is None:
        git = confirm(console, "Make it a git repository?", flag="--git/--no-git", default=True)
    settled = plan(
        replace(
            given,
            template=template,
            directory=directory,
            name=name,
            deploy=cast("Deploy", deploy),
            git=git,
        )
    )
    console.say(f"These files go into {settled.target}:")
    for path in settled.files:
        console.say(f"  {path}")
    if not confirm(console, "Write them?", flag="--no-input", default=True):
        raise KeyboardInterrupt
    return settled


def _described() -> dict[str, str]:
    templates = all_templates()
    width = max(len(template.name) for template in templates) + 2
    return {t.name: f"{t.name:<{width}}{t.description}" for t in templates}


def _complaint(check: Callable[[str], Any]) -> Callable[[str], str]:
    def complain(answer: str) -> str:
        try:
            check(answer)
        except PoeCliError as error:
            return f"{error.message} {error.why}"
        return ""

    return complain
