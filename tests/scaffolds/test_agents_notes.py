"""The commands of AGENTS.md, run one after the other as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.poe import clean_environment
from tests.scaffolds.served import create
from tests.warm_python import programs


def commands(project: Path) -> list[str]:
    """Every line of the shell blocks."""
    text = (project / "AGENTS.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def pip() -> list[str]:
    """What has to be added to Python's path for `-m pip`: an environment made by uv has none."""
    shipped = Path(sysconfig.get_path("stdlib"), "ensurepip", "_bundled")
    return [] if find_spec("pip") else [str(wheel) for wheel in shipped.glob("pip-*.whl")]


@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a POSIX shell")
@pytest.mark.timeout(300)
def test_every_command_of_the_notes_works(tmp_path: Path) -> None:
    """With no key and no network: what is to be installed is here, and no index is asked."""
    project = create("echo", tmp_path)
    # As where poe came from an index: a checkout would be built anew, with tools from the net.
    (project / "requirements-dev.txt").write_text("-r requirements.txt\npoecli\npytest>=8\n")
    environment = clean_environment(
        PATH=programs(tmp_path / "bin", poe="poecli"),
        PYTHONPATH=os.pathsep.join((os.environ.get("PYTHONPATH", ""), *pip())),
        HOME=str(tmp_path),
        PIP_NO_INDEX="1",
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        PYTEST_PLUGINS="poecli.pytest_plugin",
    )
    outputs = {}
    for command in commands(project):
        done = subprocess.run(  # noqa: S602 - a shell, as the notes are written for one
            command,
            cwd=project,
            env=environment,
            shell=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        outputs[command] = done.stdout
    install, tests, chat, state, check = outputs.values()
    assert "already satisfied" in install
    assert "1 passed" in tests
    assert json.loads(chat)["text"] == "hello"
    assert json.loads(state)["bots"][0]["settings"]["response_version"] == 2
    assert "0 faults" in check
