"""Where a user's files belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.commands.bug_report import redact
from poecli.config.paths import typed_path, user_folders
from tests.poe import poe

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


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a name and a folder, as in a container that runs with `--user 12345`."""
    pwd = pytest.importorskip("pwd", reason="users have numbers on POSIX")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)


@pytest.mark.usefixtures("nobody")
def test_the_folder_of_nobody_is_the_root() -> None:
    """Which is no part of a path that a report has to hide."""
    assert user_folders({}, platform="linux").config == Path("/.config/poe")
    assert redact("/a/b", {}) == "/a/b"


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(("command", "code"), [("whoami", 0), ("models --offline", 2), ("", 0)])
def test_a_command_of_nobody_goes_on(command: str, code: int) -> None:
    """It was a traceback, for a bug's report has its place there too."""
    assert poe(*command.split(), env={}).code == code
