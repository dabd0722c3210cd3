"""The README's page on CI as programs: its shell script, and its workflow's steps."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.readme.sessions import README
from tests.warm_python import programs

# Programs of the page that reach outside: here each only says that it was called.
OUTSIDE = ("modal",)


def _section() -> str:
    return README.read_text(encoding="utf-8").split("\n## In CI\n")[1].split("\n## ")[0]


def shell_script() -> str:
    """The script of the page."""
    found = re.search(r"```sh\n(.*?)```", _section(), re.DOTALL)
    assert found
    return found[1]


def _steps() -> list[str]:
    return re.findall(r"^ +- run: (.*)$", _section(), re.MULTILINE)


def install_step() -> str:
    """The one step of the workflow that installs."""
    (step,) = (step for step in _steps() if "pip install" in step)
    return step


def workflow_steps() -> str:
    """What the workflow's other steps run, as one script that stops at the first failure."""
    return "\n".join(["set -e", *(step for step in _steps() if step != install_step())])


def environment(folder: Path, url: str) -> dict[str, str]:
    """Where the page's commands find this `poe`, a Poe and a deployed bot, all on this machine."""
    path = programs(folder / "programs", poe="poecli")
    for name in OUTSIDE:
        program = folder / "programs" / name
        program.write_text('#!/bin/sh\necho "called: $0 $*"\n', encoding="utf-8")
        program.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("POE_")}
    return {
        **kept,
        "PATH": path,
        "HOME": str(folder),
        "CI": "true",
        "BOT_URL": f"{url}/",
        "POE_BASE_URL": f"{url}/_poe",
        "POE_ACCESS_KEY": "k" * 32,
    }
