"""Every template, as the project it becomes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import NewOptions, carry_out, plan

NAMES = [template.name for template in all_templates()]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one created project for each template."""
    folder = tmp_path_factory.mktemp("projects")
    for name in NAMES:
        carry_out(plan(NewOptions(template=name, directory=str(folder / name))))
    return folder


def run(project: Path, *command: str) -> str:
    """Run a module of Python in a project; fails the test with what it printed."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("POE_", "PYTEST_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={**env, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(projects: Path, name: str) -> None:
    """With no key, no network and no poe."""
    assert "passed" in run(projects / name, "pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_clean(projects: Path, name: str) -> None:
    """Ruff's rules and layout, as they are without any configuration."""
    run(projects / name, "ruff", "check", "--isolated", "--no-cache", "--extend-select", "I,UP,B")
    run(projects / name, "ruff", "format", "--isolated", "--no-cache", "--check")


def test_all_are_typed(projects: Path, tmp_path: Path) -> None:
    """mypy --strict finds nothing, in the tests and modal_app.py neither."""
    for name in NAMES:
        run(projects / name, "mypy", "--strict", "--cache-dir", str(tmp_path), ".")
