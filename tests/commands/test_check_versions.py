"""`poe check --fastapi-poe`: a result for each version, and what it lacks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.fake_uv import fake_uv
from tests.poe import Ran, poe, user_env

BOT = """
import fastapi_poe as fp


class Helper(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="Hello!")

    async def get_settings(self, setting):
        return fp.SettingsResponse(
            response_version=2,
            enable_multi_entity_prompting=True,
        )
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as the working directory, with the one feature that came last."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "requirements.txt").write_text("fastapi_poe==0.0.36\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(project: Path, *arguments: str) -> Ran:
    """Run it with a uv that needs no index."""
    programs = fake_uv(project / "programs")
    return poe("check", *arguments, env=user_env(project / "home", PATH=str(programs)))


@pytest.mark.skipif(sys.platform == "win32", reason="the uv is a script")
def test_each_version_has_a_result(project: Path) -> None:
    """Also one that is not there; the exit code is that of the first that can't be checked."""
    versions = "0.0.78,0.0.79,0.0.98"
    ran = check(project, ".", "--fastapi-poe", versions, "--json", "--only", "no-done")

    older, newer, none = map(json.loads, ran.stdout.splitlines())
    assert [each["fastapi_poe"] for each in (older, newer, none)] == ["0.0.78", "0.0.79", "0.0.98"]
    assert [each["ok"] for each in (older, newer, none)] == [False, True, False]
    assert older["missing"] == [
        {"name": "enable_multi_entity_prompting", "since": "0.0.79", "place": "main.py:12"}
    ]
    assert (newer["missing"], newer["checks"][0]["ok"], newer["error"]) == ([], True, None)
    assert none["error"]["message"] == "There is no fastapi_poe 0.0.98."
    assert ran.code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the uv is a script")
def test_a_version_that_lacks_something_is_at_fault(project: Path) -> None:
    """In a line for a person, with the version that brought it."""
    ran = check(project, ".", "--fastapi-poe", "0.0.78", "--only", "no-done")

    first, second = ran.stdout.splitlines()
    assert first.startswith("✗ fastapi_poe 0.0.78, Python 3.")
    assert first.endswith(": 0 faults, lacks 1 feature, 1 rule passed")
    assert second == ("    main.py:12: enable_multi_entity_prompting came with fastapi_poe 0.0.79")
    assert (ran.code, "warning" in ran.stderr) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((".", "--fastapi-poe", "new"), "'new' is not a version"),
        ((".", "--fastapi-poe", "0.0.20"), "0.0.20 is too old"),
        ((".", "--fastapi-poe", " ,"), "names no version"),
        ((".", "--fastapi-poe", "0.0.60", "--format", "junit"), "not junit"),
        ((".", "--fastapi-poe", "0.0.60", "--fix"), "can't be used together"),
        (("https://bot.example/", "--fastapi-poe", "0.0.60"), "is an address"),
        ((".", "--fastapi-poe", "0.0.60", "--only", "no-such"), "no-such"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_installed(
    project: Path, arguments: tuple[str, ...], says: str
) -> None:
    """With a version, or a command, that can be."""
    ran = check(project, *arguments)

    assert (ran.code, ran.stdout) == (2, "")
    assert says in ran.stderr
    assert not (project / "home" / "cache").exists()
