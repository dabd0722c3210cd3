"""Every template, as the project it becomes."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

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


def run(project: Path, *command: str) -> str:
    """Run a module of Python in a project; fails the test with what it printed."""
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
    assert done.returncode == 0, done.stdout
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


def typed(folder: Path, cache: Path) -> None:
    """By the options of poe itself, which are those of --strict and more: they share a cache."""
    config = str(ROOT / "pyproject.toml")
    run(folder, "mypy", "--config-file", config, "--cache-dir", str(cache), ".")


@pytest.fixture(scope="module")
def libraries(projects: Path) -> Path:
    """mypy's cache of what all of them import: where mypy has looked at poe, it is there."""
    folder, cache = projects / "imports", projects / "cache"
    folder.mkdir()
    (folder / "imports.py").write_text(
        "import fastapi, fastapi_poe, httpx, modal, openai, pypdf, pytest\nimport poecli.testing\n"
    )
    with suppress(FileNotFoundError):
        shutil.copytree(ROOT / ".mypy_cache", cache)
    typed(folder, cache)
    return cache


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_typed(projects: Path, libraries: Path, name: str) -> None:
    """mypy --strict finds nothing, in the tests, server.py and modal_app.py neither."""
    # A cache of its own: modules of the same name in two projects mislead mypy 2.4.
    with TemporaryDirectory() as cache:
        shutil.copytree(libraries, cache, dirs_exist_ok=True)
        typed(projects / name, Path(cache))
