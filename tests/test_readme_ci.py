"""The README's page on CI works as it is written, against a Poe and a bot on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme.ci import environment, shell_script, workflow_steps
from tests.warm_python import python

LIMIT = 100.0


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """A fresh project named as on the page."""
    subprocess.run(
        python("-m", "poecli", "new", "echo", "my-bot", "--no-input"),
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    return tmp_path / "my-bot"


@pytest.fixture
def deployed(bot: Path) -> Iterator[str]:
    """The same bot served beside a local Poe: what is deployed, and who fetches its settings."""
    process = subprocess.Popen(
        python("-m", "poecli", "dev", str(bot), "--port", "0", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "POE_ACCESS_KEY": "k" * 32},
    )
    assert process.stdout is not None
    lines = (json.loads(line) for line in process.stdout)
    yield next(line["url"] for line in lines if line["type"] == "ready")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LIMIT)


@pytest.mark.parametrize("script", [shell_script(), workflow_steps()], ids=["shell", "workflow"])
def test_the_page_on_ci_works(tmp_path: Path, bot: Path, deployed: str, script: str) -> None:
    """Check, test, deploy, wait, sync and look for drift: every step ends with 0."""
    done = subprocess.run(
        ["bash", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=bot,
        env=environment(tmp_path, deployed),
        timeout=LIMIT,
    )

    assert (done.returncode, done.stdout + done.stderr * bool(done.returncode)) == (0, done.stdout)
    assert "modal deploy modal_app.py" in done.stdout
