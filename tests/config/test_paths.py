"""Where a user's files belong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from poecli.config.paths import typed_path, user_folders
from tests.poe import LIMIT_SECONDS, clean_environment
from tests.warm_python import cold

HOME = Path("home")


@pytest.mark.parametrize(
    ("platform", "env", "config", "data", "state", "cache"),
    [
        pytest.param("linux", {}, ".config", ".local/share", ".local/state", ".cache", id="linux"),
        pytest.param(
            "darwin",
            {},
            "Library/Application Support",
            "Library/Application Support",
            "Library/Application Support",
            "Library/Caches",
            id="macos",
        ),
        pytest.param(
            "win32",
            {},
            "AppData/Roaming",
            "AppData/Local",
            "AppData/Local",
            "AppData/Local",
            id="windows",
        ),
        pytest.param(
            "win32",
            {"APPDATA": "home/r", "LOCALAPPDATA": "home/l"},
            "r",
            "l",
            "l",
            "l",
            id="windows, moved",
        ),
        pytest.param(
            "darwin",
            {
                "XDG_CONFIG_HOME": "home/c",
                "XDG_DATA_HOME": "home/d",
                "XDG_STATE_HOME": "home/s",
                "XDG_CACHE_HOME": "home/k",
            },
            "c",
            "d",
            "s",
            "k",
            id="xdg wins everywhere",
        ),
    ],
)
def test_each_platform_has_its_folders(
    platform: str, env: dict[str, str], config: str, data: str, state: str, cache: str
) -> None:
    """The folders are the platform's own, unless XDG variables name others."""
    folders = user_folders(env, home=HOME, platform=platform)

    assert (folders.config, folders.data, folders.state, folders.cache) == (
        HOME / config / "poe",
        HOME / data / "poe",
        HOME / state / "poe",
        HOME / cache / "poe",
    )


def test_the_home_folder_comes_from_the_environment() -> None:
    """Tests and containers move HOME."""
    assert user_folders({"HOME": "x"}, platform="linux").config == Path("x/.config/poe")


@pytest.mark.parametrize("name", ["~$report.docx", "~nobody-at-all/x", "a~", "./~"])
def test_a_tilde_of_nobody_is_a_part_of_a_name(name: str) -> None:
    """As for a shell: office programs name their own files so."""
    assert typed_path(name) == Path(name)


# A user without a name and a folder, as in a container that runs with `--user 12345`.
NOBODY = ("env", "-u", "HOME", "unshare", "--user", "--map-user=12345", sys.executable)


def can_be_nobody() -> bool:
    """Whether a namespace with a user of its own can be made here."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run([*NOBODY, "-c", ""], capture_output=True, check=False).returncode == 0


as_nobody = pytest.mark.skipif(not can_be_nobody(), reason="needs unshare with user namespaces")


def run_as_nobody(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Python, with no folder but the working one that it might write to."""
    return subprocess.run(
        [*NOBODY, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=cold(clean_environment()),
        timeout=LIMIT_SECONDS,
    )


@as_nobody
def test_the_folder_of_nobody_is_the_root(tmp_path: Path) -> None:
    """Which is no part of a path that a report has to hide."""
    code = (
        "from poecli.commands.bug_report import redact\n"
        "from poecli.config.paths import user_folders\n"
        "print(user_folders({}).config, redact('/a/b', {}))\n"
    )
    assert run_as_nobody("-c", code, folder=tmp_path).stdout == "/.config/poe /a/b\n"


@as_nobody
@pytest.mark.parametrize(("command", "code"), [("whoami", 0), ("models --offline", 2), ("", 0)])
def test_a_command_of_nobody_goes_on(command: str, code: int, tmp_path: Path) -> None:
    """It was a traceback, for a bug's report has its place there too."""
    ran = run_as_nobody("-m", "poecli", *command.split(), folder=tmp_path)
    assert (ran.returncode, "Traceback" in ran.stderr) == (code, False)
