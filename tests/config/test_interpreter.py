"""Which Python a bot runs on, and why that one."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from poecli.config.project import find_project
from poecli.config.python.choice import find_interpreter
from poecli.config.python.interpreter import OWN
from poecli.errors import UsageError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the Pythons are shell scripts")

MakePython = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the project is below it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "bot" / ".git").mkdir(parents=True)
    return tmp_path


def python_at(prefix: Path, *, version: str = "3.12.1", sdk: str | None = "0.0.63") -> Path:
    """An environment whose Python says this of itself."""
    program = prefix / "bin" / "python"
    program.parent.mkdir(parents=True)
    answer = json.dumps([version, str(prefix), [str(prefix / "lib")], sdk])
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    return program


def poetry_name(folder: Path) -> str:
    digest = hashlib.sha256(str(folder.resolve()).encode()).digest()
    return f"my-bot-{base64.urlsafe_b64encode(digest).decode()[:8]}-py3.12"


# What there is beside the project's own files -> where it was found. HOME is the test's folder.
PLACES: dict[str, tuple[str, dict[str, str], dict[str, str], str]] = {
    "the active environment": (
        "elsewhere", {"VIRTUAL_ENV": "HOME/elsewhere"}, {}, "the active environment",
    ),
    "conda's active one": (
        "envs/x", {"CONDA_PREFIX": "HOME/envs/x", "CONDA_DEFAULT_ENV": "x"}, {},
        "the active conda environment",
    ),
    ".venv": ("bot/.venv", {}, {}, ".venv"),
    "venv": ("bot/venv", {}, {}, "venv"),
    "conda's in the folder": ("bot/.conda", {}, {}, ".conda"),
    "uv's by its variable": (
        "bot/.env-3.12", {"UV_PROJECT_ENVIRONMENT": ".env-3.12"}, {"pyproject.toml": ""},
        "UV_PROJECT_ENVIRONMENT",
    ),
    "pdm's": ("pdm", {}, {".pdm-python": "HOME/pdm/bin/python"}, "./.pdm-python"),
    "poetry's": (
        ".cache/pypoetry/virtualenvs/POETRY", {},
        {"pyproject.toml": '[tool.poetry]\nname = "my-bot"\n'}, "poetry's",
    ),
    "poetry's, in the place of the project's poetry.toml": (
        "envs/POETRY", {},
        {
            "pyproject.toml": '[tool.poetry]\nname = "my-bot"\n',
            "poetry.toml": '[virtualenvs]\npath = "HOME/envs"\n',
        },
        "poetry's",
    ),
    "poetry's, in the place of the user's settings": (
        "cache/envs/POETRY", {},
        {
            "pyproject.toml": '[project]\nname = "my-bot"\n',
            "poetry.lock": "",
            "../.config/pypoetry/config.toml":
                'cache-dir = "HOME/cache"\n[virtualenvs]\npath = "{cache-dir}/envs"\n',
        },
        "poetry's",
    ),
    "conda's by its file": (
        "envs/my-bot", {},
        {"environment.yml": "name: my-bot\n", "../.conda/environments.txt": "HOME/envs/my-bot\n"},
        "conda's, environment.yml",
    ),
    "pyenv's": (
        ".pyenv/versions/my-bot", {}, {".python-version": "my-bot\n"}, "pyenv's, .python-version",
    ),
    "pyenv's by a version": (
        ".pyenv/versions/3.12.1", {}, {".python-version": "# the bot's\n3.12\n"},
        "pyenv's, .python-version",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_the_environment_of_a_project_is_found(home: Path, place: str) -> None:
    """From files and variables, without running the tool that keeps it."""
    prefix, env, files, source = PLACES[place]
    program = python_at(home / prefix.replace("POETRY", poetry_name(home / "bot")))
    for name, text in files.items():
        file = home / "bot" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("HOME", str(home)))
    values = {name: value.replace("HOME", str(home)) for name, value in env.items()}

    found = find_interpreter(find_project(home / "bot"), values | {"HOME": str(home)})

    assert (found.executable, found.source) == (program, source)
    assert str(found) == f"Python 3.12.1 ({source}), fastapi_poe 0.0.63"
    assert found.notes == ()


def test_of_several_that_poetry_keeps_the_chosen_one(home: Path) -> None:
    """`poetry env use` writes it down; without, the newest."""
    (home / "bot" / "pyproject.toml").write_text('[tool.poetry]\nname = "my-bot"\n')
    place = home / ".cache" / "pypoetry" / "virtualenvs"
    name = poetry_name(home / "bot").removesuffix("-py3.12")
    older, newer = (python_at(place / f"{name}-py{each}") for each in ("3.11", "3.12"))
    project, env = find_project(home / "bot"), {"HOME": str(home)}

    assert find_interpreter(project, env).executable == newer

    (place / "envs.toml").write_text(f'[{name}]\nminor = "3.11"\npatch = "3.11.7"\n')

    assert find_interpreter(project, env).executable == older


def test_of_a_version_the_newest_release_that_pyenv_has(home: Path) -> None:
    """As numbers: 3.12.10 is newer than 3.12.9."""
    versions = home / ".pyenv" / "versions"
    python_at(versions / "3.12.9")
    newest = python_at(versions / "3.12.10")

    assert find_interpreter(find_project(home / "bot"), {}, "3.12").executable == newest


def test_what_says_more_wins(home: Path) -> None:
    """--python, poe.toml, the active environment, the folder's."""
    flag, toml, active, folder = (
        python_at(home / name) for name in ("flag", "toml", "active", "bot/.venv")
    )
    env = {"VIRTUAL_ENV": str(active.parent.parent)}
    bare = find_project(home / "bot")
    (home / "bot" / "poe.toml").write_text('[dev]\npython = "../toml"\n')
    project = find_project(home / "bot")

    assert find_interpreter(project, env, "../flag").executable == flag
    assert find_interpreter(project, env).executable == toml
    assert find_interpreter(bare, env).executable == active
    assert find_interpreter(bare, {}).executable == folder


def test_a_bot_below_the_folder_of_the_environment(home: Path) -> None:
    """The repository's environment serves the bots in its folders; none above it does."""
    (home / "bot" / "bots").mkdir()
    python_at(home / ".venv")

    assert find_interpreter(find_project(home / "bot" / "bots"), {}).is_own

    program = python_at(home / "bot" / ".venv")

    assert find_interpreter(find_project(home / "bot" / "bots"), {}).executable == program


def test_without_any_it_is_poes_own(home: Path) -> None:
    """Which has fastapi_poe, so that a first bot runs at once."""
    found = find_interpreter(find_project(home / "bot"), {})

    assert (found.source, found.executable) == (OWN, Path(sys.executable))
    assert found.sdk


@pytest.mark.parametrize(
    ("version", "sdk", "why"),
    [
        ("3.12.1", None, "has no fastapi_poe"),
        ("3.9.18", "0.0.63", "is Python 3.9.18, and poe needs 3.10 or newer"),
    ],
)
def test_one_that_can_run_no_bot(home: Path, version: str, sdk: str | None, why: str) -> None:
    """Found, it is passed over with a sentence; named, it is an error."""
    program = python_at(home / "bot" / ".venv", version=version, sdk=sdk)
    project = find_project(home / "bot")

    found = find_interpreter(project, {})

    assert found.is_own
    assert [note.split(", so")[0] for note in found.notes] == [f"{program} (.venv) {why}"]
    with pytest.raises(UsageError, match=why):
        find_interpreter(project, {}, ".venv")


def test_one_that_does_not_start(home: Path) -> None:
    """An environment whose Python was removed, say: passed over, with its own last words."""
    program = python_at(home / "bot" / ".venv")
    program.write_text("#!/bin/sh\necho 'libpython is gone' >&2\nexit 127\n")

    found = find_interpreter(find_project(home / "bot"), {})

    expected = f"{program} (.venv) does not start, so no bot runs on it: libpython is gone"
    assert (found.is_own, found.notes) == (True, (expected,))


@pytest.mark.parametrize("program", ["ls", "true"])
def test_a_program_that_is_no_python(home: Path, program: str) -> None:
    """Said as it is, without the lines that it was asked by."""
    found = shutil.which(program)
    with pytest.raises(UsageError, match="does not run") as told:
        find_interpreter(find_project(home / "bot"), {}, found)
    assert told.value.why == "It does not answer as a Python does."


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\npoetry = 'x'", "project = []"])
def test_a_pyproject_of_another_shape(home: Path, text: str) -> None:
    """Nobody has checked it; it names no environment."""
    (home / "bot" / "pyproject.toml").write_text(text)
    (home / "bot" / "poetry.lock").write_text("")

    assert find_interpreter(find_project(home / "bot"), {}).is_own


@pytest.mark.parametrize(
    ("config", "line"),
    [("", "PYTHON -m pip install fastapi_poe"),
     ("uv = 0.9.1\n", "uv pip install --python PYTHON fastapi_poe")],
)  # fmt: skip
def test_the_line_that_mends_it_fits_the_environment(home: Path, config: str, line: str) -> None:
    """An environment that uv made has no pip."""
    program = python_at(home / "bot" / ".venv", sdk=None)
    (home / "bot" / ".venv" / "pyvenv.cfg").write_text(f"home = /usr/bin\n{config}")

    (note,) = find_interpreter(find_project(home / "bot"), {}).notes

    assert note.endswith(line.replace("PYTHON", str(program)))


def test_a_python_that_is_not_there(home: Path) -> None:
    """Said with what --python takes."""
    with pytest.raises(UsageError, match="no Python at 'nowhere'") as caught:
        find_interpreter(find_project(home / "bot"), {"PATH": "/nowhere"}, "nowhere")

    assert "--python .venv" in caught.value.hint
