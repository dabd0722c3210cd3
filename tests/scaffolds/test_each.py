"""Every template, as the project it becomes."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import NewOptions, carry_out, plan
from poecli.scaffold.hosts import Deploy
from tests.poe import clean_environment
from tests.warm_python import python

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = [template.name for template in all_templates()]
_DEPLOYED: tuple[Deploy, ...] = ("modal", "docker")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one created project for each template, for an image and for Modal."""
    folder = tmp_path_factory.mktemp("projects")
    for name, deploy in itertools.product(NAMES, _DEPLOYED):
        target = str(folder / name)
        carry_out(plan(NewOptions(template=name, directory=target, deploy=deploy, force=True)))
    return folder


def run(project: Path, *command: str, code: int | None = 0) -> str:
    """Run a module of Python in a project; fails the test with what it printed.

    Any exit ``code`` will do where that is None.
    """
    done = subprocess.run(
        python("-m", *command),
        cwd=project,
        env=clean_environment(
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            PYTEST_PLUGINS="poecli.pytest_plugin",
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=250,
        check=False,
    )
    assert code in (None, done.returncode), done.stdout
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(projects: Path, name: str) -> None:
    """With no key and no network; no other plugin of this environment helps them."""
    assert "passed" in run(projects / name, "pytest", "-q", "-p", "no:cacheprovider")


def test_they_are_clean(projects: Path) -> None:
    """Ruff's rules and layout, as they are without any configuration in each folder."""
    alone = ("--isolated", "--no-cache", "--config", "src = ['*']")
    run(projects, "ruff", "check", *alone, "--extend-select", "I,UP,B")
    run(projects, "ruff", "format", *alone, "--check")


OWN_IMPORT = re.compile(r"^( *)(?:from|import) (main|client)\b(?: import (.*))?", re.MULTILINE)


@pytest.fixture(scope="module")
def typed(projects: Path) -> list[str]:
    """What mypy says of all of them, as packages beside each other: once each takes a minute more.

    By the options of poe itself, which are those of --strict and more: where mypy has looked at
    poe, its cache knows the libraries.
    """
    folder, cache = projects / "typed", projects / "cache"
    for name in NAMES:
        package = name.replace("-", "_")
        for file in (projects / name).rglob("*.py"):
            copy = folder / package / file.relative_to(projects / name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(OWN_IMPORT.sub(partial(of_package, package), file.read_text("utf-8")))
    with suppress(FileNotFoundError):
        shutil.copytree(ROOT / ".mypy_cache", cache)
    config = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache))
    return run(folder, "mypy", *config, "--no-error-summary", ".", code=None).splitlines()


def of_package(package: str, found: re.Match[str]) -> str:
    """An import of a project's own module, as its package's."""
    indent, module, names = found.groups()
    return f"{indent}from {package}{f'.{module}' if names else ''} import {names or module}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_typed(typed: list[str], name: str) -> None:
    """mypy --strict finds nothing, in the tests, server.py and modal_app.py neither."""
    others = tuple(f"{each.replace('-', '_')}/" for each in NAMES if each != name)
    assert [line for line in typed if not line.startswith(others)] == []
