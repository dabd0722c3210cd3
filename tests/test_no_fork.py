"""A test that forks this run ends it: README's command must never fill a machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ptys

GUARD = Path(__file__).with_name("conftest.py")
FORKS = """
import os

def test_that_forks():
    if os.fork() == 0:
        raise FileNotFoundError("no such shell")
    os.wait()

def test_after_it():
    open("reached", "w").close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_run_that_forks_is_ended(tmp_path: Path) -> None:
    """Neither the copy nor the run reaches the next test; the reason stands on stderr."""
    (tmp_path / "conftest.py").write_text(GUARD.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_it.py").write_text(FORKS, encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    env["PYTHONPATH"] = str(GUARD.parent.parent)  # of what the guard imports

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-s"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=env,
    )

    assert done.returncode == -signal.SIGTERM
    assert "a test forked this run" in done.stderr
    assert not (tmp_path / "reached").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")
def test_a_missing_program_is_an_error_of_the_test() -> None:
    """A program that is not there is told to the one who started it."""
    with pytest.raises(FileNotFoundError, match="no-such-shell"):
        ptys.start(["no-such-shell"])


def test_no_test_forks() -> None:
    """Pseudo-terminals come from tests/ptys.py, processes from subprocess."""
    calls = ("pty" + ".fork(", "os" + ".forkpty(")
    tests = sorted(Path(__file__).parent.rglob("*.py"))
    assert [path for path in tests if any(call in path.read_text("utf-8") for call in calls)] == []
