"""--python holds for every command that loads a bot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.poe import poe, user_env

COMMANDS = [
    ("dev", "."),
    ("chat", ".", "-m", "hi"),
    ("check", "."),
    ("trigger", "query"),
    ("sync-settings", "my-bot", "--push", "--dry-run", "--access-key", "k" * 32),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as the working directory."""
    (tmp_path / "main.py").write_text("import fastapi_poe as fp\n\nbot = fp.PoeBot()\n")
    (tmp_path / "poe.toml").write_text("[bots.my-bot]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=[command[0] for command in COMMANDS])
def test_a_python_that_is_not_there_is_an_error_of_usage(
    project: Path, command: tuple[str, ...]
) -> None:
    """Whichever command is to load the bot there; nothing is started."""
    ran = poe(*command, "--python", "nowhere", env=user_env(project))

    assert (ran.code, ran.stdout) == (2, "")
    assert "--python: there is no Python at 'nowhere'." in ran.stderr


def test_doctor_examines_the_python_that_is_named(project: Path) -> None:
    """And ends with it when there is none: what was typed is wrong."""
    ran = poe("doctor", "--python", "nowhere", "--json", env=user_env(project))

    last = json.loads(ran.stdout)["findings"][-1]
    assert (ran.code, last["step"], last["outcome"]) == (2, "bot's python", "failed")
    assert last["says"].startswith("--python: there is no Python at 'nowhere'.")


def test_an_address_runs_on_a_python_of_its_own(project: Path) -> None:
    """Which nobody can choose from here."""
    ran = poe("check", "https://my-bot.example/", "--python", "3.12", env=user_env(project))

    assert ran.code == 2
    assert "--python is for a bot on this machine" in ran.stderr
