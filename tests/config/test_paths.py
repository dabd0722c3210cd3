"""Where a user's files belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.paths import user_folders

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
