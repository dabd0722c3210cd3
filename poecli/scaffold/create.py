"""A new project: first planned in memory, then written."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from poecli.config.paths import typed_path
from poecli.config.requirements import package_name
from poecli.config.values import suggest_handle
from poecli.errors import UsageError
from poecli.scaffold import git
from poecli.scaffold.catalog import Template, find_template, read_template, shared_folder
from poecli.scaffold.hosts import Deploy
from poecli.scaffold.names import check_folder_name, check_handle
from poecli.scaffold.project_files import (
    ProjectFiles,
    links_below,
    project_files,
)
from poecli.scaffold.writer import check_target, write_project
from poecli.suggestions import shell_word

DEFAULT_DEPLOY: Deploy = "modal"
_STEPS = 3


@dataclass(frozen=True)
class NewOptions:
    """What the author chose; None stands for no choice.

    ``template`` is a name or alias, ``source`` a folder or git URL.
    """

    template: str | None = None
    source: str | None = None
    directory: str | None = None
    name: str | None = None
    deploy: Deploy | None = None
    git: bool | None = None
    force: bool = False
    may_ask: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything settled, nothing written yet."""

    template: str
    target: Path
    name: str
    files: ProjectFiles
    options: NewOptions
    links: tuple[str, ...] = ()  # of the template, left out


def plan(options: NewOptions) -> Plan:
    """Settle names and files. Raises UsageError for a choice that can't be carried out."""
    with _opened(options) as template:
        target = Path(options.directory or template.name)
        folder = target.resolve().name
        check_folder_name(folder)
        name = check_handle(options.name) if options.name else suggest_handle(folder)
        files = project_files(template, shared_folder(), name, options.deploy or DEFAULT_DEPLOY)
        links = links_below(template.folder) if options.source else []
    if options.git:
        git.check_installed()
    check_target(target, files, force=options.force)
    return Plan(template.name, target, name, files, options, tuple(links))


def carry_out(plan: Plan) -> None:
    """Write the project. Raises UsageError, CantWrite, and GitFailed with the project written."""
    write_project(plan.target, plan.files, force=plan.options.force)
    if plan.options.git:
        git.init(plan.target)


@contextmanager
def _opened(options: NewOptions) -> Iterator[Template]:
    if options.source is None:
        if options.template is None:
            raise UsageError("No template was given.", hint="poe new --list")
        yield find_template(options.template)
    elif git.looks_like_url(options.source):
        with tempfile.TemporaryDirectory(prefix="poe-template-") as folder:
            fetched = Path(folder) / _repository_name(options.source)
            git.clone(options.source, fetched, may_ask=options.may_ask)
            yield read_template(fetched)
    else:
        yield read_template(_existing_folder(options.source))


def _repository_name(url: str) -> str:
    last = re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git")
    return re.sub(r"[^\w.-]+", "-", last) or "template"


def _existing_folder(source: str) -> Path:
    folder = typed_path(source).resolve()
    if not folder.is_dir():
        raise UsageError(
            f"{source} is not a folder.",
            hint="--from takes a folder, or the URL of a git repository.",
        )
    return folder


def next_commands(plan: Plan, here: Path) -> list[str]:
    """What to type next, for someone who stands in the folder ``here``."""
    steps = []
    if plan.target.resolve() != here.resolve():
        steps.append(f"cd {shell_word(_way(here, plan.target))}")
    if _missing_requirements(plan.files):
        steps.append("python -m pip install -r requirements.txt")
    steps += ["poe dev", "poe chat .", "python -m pytest"]
    return steps[:_STEPS]


def _way(here: Path, target: Path) -> str:
    """The shorter of the relative and the absolute path."""
    absolute = str(target.resolve())
    try:
        return min(os.path.relpath(absolute, here.resolve()), absolute, key=len)
    except ValueError:  # another drive of Windows
        return absolute


def _missing_requirements(files: ProjectFiles) -> bool:
    """True when a distribution that the project asks for is not installed beside this tool."""
    for line in files["requirements.txt"].decode("utf-8", "replace").splitlines():
        if name := package_name(line):
            try:
                distribution(name)
            except PackageNotFoundError:
                return True
    return False
