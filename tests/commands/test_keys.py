"""`poe login`, `poe logout`, `poe whoami`: one key kept safely, never shown."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from poecli.errors import ExitCode
from tests.poe import poe, user_env

KEY = "made-up-key-with-a-known-end"


def test_a_key_is_kept_shown_masked_and_forgotten(tmp_path: Path) -> None:
    """login keeps it, whoami shows its end and its place, logout removes it."""
    env = user_env(tmp_path)
    outputs = [poe("login", "--stdin", env=env, stdin=f"{KEY}\n")]
    file = tmp_path / "config" / "poe" / "credentials.json"
    assert KEY in file.read_text()
    outputs += [poe("whoami", env=env), poe("whoami", "--json", env=env)]
    assert "****-end" in outputs[1].stdout
    assert "poe login" in json.loads(outputs[2].stdout)["api_key"]["source"]
    outputs.append(poe("logout", env=env))
    assert not file.exists()
    outputs.append(poe("logout", env=env))
    assert "No key was stored" in outputs[4].stderr
    assert [ran.code for ran in outputs] == [0] * 5
    assert KEY not in "".join(ran.stdout + ran.stderr for ran in outputs)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    """The file has mode 0600 from its first byte on."""
    poe("login", "--stdin", env=user_env(tmp_path), stdin=KEY)

    file = tmp_path / "config" / "poe" / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        pytest.param(["login"], "", "--stdin", id="nobody to ask"),
        pytest.param(["login", "--stdin"], "", "is not valid", id="empty"),
        pytest.param(["login", "--stdin"], "two words\n", "is not valid", id="two words"),
    ],
)
def test_what_is_no_key_is_refused(
    arguments: list[str], stdin: str, says: str, tmp_path: Path
) -> None:
    """Without a usable key nothing is stored, and the code is 2."""
    ran = poe(*arguments, env=user_env(tmp_path), stdin=stdin)

    assert ran.code == ExitCode.USAGE
    assert says in ran.stderr
    assert not (tmp_path / "config").exists()


def test_without_a_terminal_every_other_way_is_named(tmp_path: Path) -> None:
    """Nobody to ask: the error tells of the variable, of stdin, and where keys are."""
    stderr = poe("login", env=user_env(tmp_path)).stderr

    assert stderr.startswith("error: No key was given")
    for word in ("POE_API_KEY", "poe login --stdin", "https://poe.com/api/keys"):
        assert word in stderr


def test_keys_are_told_beside_a_broken_project_file(tmp_path: Path) -> None:
    """whoami says what is wrong with poe.toml, and still tells of the keys."""
    (tmp_path / "poe.toml").write_text("[dev]\nport = ", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        ran = poe("whoami", env=user_env(tmp_path, POE_API_KEY=KEY))

    assert ran.code == 0
    assert "API key: ****-end" in ran.stdout
    assert "poe.toml:2 is not valid TOML." in ran.stderr


def test_the_environment_wins_and_says_so(tmp_path: Path) -> None:
    """A key in the environment is the one in use; login and logout warn of it."""
    env = user_env(tmp_path, POE_API_KEY="made-up-key-of-the-environment")

    assert "POE_API_KEY is set" in poe("login", "--stdin", env=env, stdin=KEY).stderr
    assert "POE_API_KEY (environment)" in poe("whoami", env=env).stdout
    assert "still set" in poe("logout", env=env).stderr


def test_missing_keys_are_told_apart(tmp_path: Path) -> None:
    """whoami names both kinds of key, and how to set each."""
    stdout = poe("whoami", env=user_env(tmp_path)).stdout

    assert "API key: not set; poe login" in stdout
    assert "access key: not set; POE_ACCESS_KEY" in stdout
