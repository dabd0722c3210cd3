"""What is built is complete: scaffolds, completions and the typing marker travel in the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent
TRAVELLING = ("scaffolds", "completions")


def tracked(folder: str) -> set[str]:
    """The files of a folder that git tracks, from the root of the repository."""
    done = subprocess.run(
        ["git", "ls-files", folder], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return set(done.stdout.splitlines())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


def test_the_wheel_holds_every_travelling_file(wheel: Path) -> None:
    """Each tracked file of scaffolds/ and completions/ is in the wheel, below the package."""
    names = set(zipfile.ZipFile(wheel).namelist())

    for folder in TRAVELLING:
        assert {f"poecli/_data/{name}" for name in tracked(folder)} <= names
    assert {"poecli/py.typed", "poecli/__main__.py"} <= names


def test_the_sdist_holds_what_a_packager_needs(tmp_path: Path) -> None:
    """The source archive can be built, tested and read."""
    sdist = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}

    for folder in (*TRAVELLING, "poecli", "tests"):
        assert tracked(folder) <= names
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"} <= names


def test_an_installed_wheel_finds_its_files(wheel: Path, tmp_path: Path) -> None:
    """`poe new` and `poe completions` work from the wheel alone, far from any checkout."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    for arguments in (["new", "echo", "demo", "--no-input"], ["completions", "bash"]):
        done = subprocess.run(
            [sys.executable, "-m", "poecli", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=env,
            cwd=tmp_path,
        )
        assert (done.returncode, done.stderr if done.returncode else "") == (0, "")
    assert (tmp_path / "demo" / "main.py").is_file()
