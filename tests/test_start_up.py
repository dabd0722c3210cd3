"""What each way in loads: heavy libraries stay out until they are used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "aiohttp",
    "fastapi",
    "fastapi_poe",
    "httpx",
    "prompt_toolkit",
    "pydantic",
    "questionary",
    "rich.markdown",
    "sqlite3",
    "watchfiles",
}
EVEN_TYPER = HEAVY | {"typer", "rich", "dataclasses", "json", "pathlib"}


def modules_loaded(*arguments: str, cwd: Path) -> set[str]:
    """The modules that a run of the real program imports, by -X importtime."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "poecli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
    )
    names = re.findall(r"^import time:.*\|\s+(\S+)$", done.stderr, re.MULTILINE)
    assert "poecli.commands.app" in names
    return set(names)


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        pytest.param(["--version"], EVEN_TYPER, id="--version"),
        pytest.param([], HEAVY | {"typer", "rich"}, id="bare"),
        pytest.param(["--help"], HEAVY | {"typer", "rich"}, id="--help"),
        pytest.param(["help", "--help"], HEAVY | {"rich"}, id="help --help"),
        pytest.param(["nope"], HEAVY | {"typer", "rich"}, id="typing error"),
    ],
)
def test_a_way_in_loads_nothing_heavy(
    tmp_path: Path, arguments: list[str], forbidden: set[str]
) -> None:
    """None of the forbidden modules is imported on this way in."""
    loaded = modules_loaded(*arguments, cwd=tmp_path)
    site_loads = modules_of_a_bare_start(tmp_path)

    assert not (loaded - site_loads) & forbidden


def modules_of_a_bare_start(cwd: Path) -> set[str]:
    """What the interpreter itself loads here (.pth files of the environment included)."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
    )
    return set(re.findall(r"^import time:.*\|\s+(\S+)$", done.stderr, re.MULTILINE))
