"""What a project asks for, wherever it is written down, and whether a version fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.python.interpreter import own_interpreter
from poecli.config.requirements import Requirement, package_name, requirements

UV_LOCK = '[[package]]\nname = "fastapi-poe"\nversion = "0.0.71"\n'
WRITTEN = {
    "requirements.txt": ("# the SDK\nfastapi_poe==0.0.36  # as deployed\n", "==0.0.36"),
    "requirements-dev.txt": ("-r requirements.txt\nfastapi-poe>=0.0.48\n", ">=0.0.48"),
    "pyproject.toml": ('[project]\ndependencies = ["fastapi-poe>=0.0.63"]\n', ">=0.0.63"),
    "uv.lock": (UV_LOCK, "==0.0.71"),
    "poetry.lock": (UV_LOCK, "==0.0.71"),
    "pdm.lock": (UV_LOCK, "==0.0.71"),
    "main.py": ('REQUIREMENTS = ["fastapi-poe==0.0.36"]\n', "==0.0.36"),
}
POETRY = [
    ('fastapi-poe = "^0.0.36"', "==0.0.36"),
    ('fastapi-poe = "0.0.36"', "==0.0.36"),
    ('fastapi-poe = ">=0.0.36,<0.1"', ">=0.0.36,<0.1"),
    ('fastapi-poe = {version = "^0.1"}', ">=0.1"),
]


def found(folder: Path) -> list[str]:
    bot_file = folder / "main.py"
    asked = requirements(folder, bot_file if bot_file.exists() else None)
    return [each.text[len("fastapi-poe") :] for each in asked if each.is_for("fastapi_poe")]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_requirement_is_found(tmp_path: Path, name: str) -> None:
    """In each file that tools and people write."""
    text, asked = WRITTEN[name]
    (tmp_path / name).write_text(text)

    assert found(tmp_path) == [asked]


@pytest.mark.parametrize(("line", "asked"), POETRY)
def test_poetrys_own_table(tmp_path: Path, line: str, asked: str) -> None:
    """A caret on 0.0.x allows that version alone."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.poetry.dependencies]\n{line}\n")

    assert found(tmp_path) == [asked]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", ""),
        ("pyproject.toml", "[["),
        ("pyproject.toml", "[project]\ndependencies = 3\n"),
        ("pyproject.toml", "tool = 3\n"),
        ("pyproject.toml", "[tool]\npoetry = 3\n"),
        ("pyproject.toml", "[tool.poetry]\ndependencies = ['x']\n"),
        ("uv.lock", "package = 3\n"),
        ("uv.lock", "package = [3]\n"),
        ("uv.lock", "[[package]]\nversion = '0.0.63'\n"),
    ],
)
def test_a_file_that_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    """Broken, empty or of another shape, it asks for nothing."""
    (tmp_path / name).write_text(text)

    assert found(tmp_path) == []


def test_what_is_no_file_says_nothing(tmp_path: Path) -> None:
    """A folder with the name of one, and a bot's file that has gone."""
    (tmp_path / "requirements.txt").mkdir()

    assert list(requirements(tmp_path, tmp_path / "gone.py")) == []


@pytest.mark.parametrize(
    ("asked", "version", "fits"),
    [
        ("==0.0.36", "0.0.36", True),
        ("==0.0.36", "0.0.83", False),
        ("===0.0.36", "0.0.36", True),
        ("==0.0.*", "0.0.83", True),
        ("==0.1.*", "0.0.83", False),
        (">=0.0.48", "0.0.83", True),
        (">=0.0.48,<0.0.60", "0.0.83", False),
        ("~=0.0.48", "0.0.83", True),
        ("~=0.1.0", "0.0.83", False),
        ("!=0.0.83", "0.0.83", False),
        ("<0.0.83", "0.0.83", False),
        ("<=0.0.83", "0.0.83", True),
        (">0.0.83", "0.0.83", False),
        ("", "0.0.83", True),
        (' ; python_version < "3.12"', "0.0.83", True),
        ("==0.0.36", "0.0.84.dev1", True),
    ],
)
def test_whether_a_version_fits(asked: str, version: str, fits: bool) -> None:
    """The clauses of PEP 440, for releases."""
    assert Requirement(Path("requirements.txt"), f"fastapi_poe{asked}").allows(version) is fits


def test_another_fastapi_poe_than_asked_for_is_said() -> None:
    """With what to type, so that what is tested is what is deployed."""
    asked = [Requirement(Path("requirements.txt"), "fastapi_poe==0.0.36")]

    (note,) = own_interpreter().against(asked).notes

    assert note.startswith("requirements.txt requires fastapi_poe==0.0.36, and the bot runs on ")
    assert note.endswith('-m pip install "fastapi_poe==0.0.36"')
    assert own_interpreter().against([]).notes == ()


@pytest.mark.parametrize(
    ("name", "text", "required"),
    [
        (".python-version", "3.99\n", "python==3.99.*"),
        (".python-version", "# the bot's\ncpython-3.99.1\n", "python==3.99.*"),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.99"\n', "python>=3.99"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.99"\n', "python>=3.99"),
    ],
)
def test_another_python_than_asked_for_is_said(
    tmp_path: Path, name: str, text: str, required: str
) -> None:
    """By what pyenv, uv and poetry read, and what pip checks."""
    (tmp_path / name).write_text(text)

    (note,) = own_interpreter().against(requirements(tmp_path)).notes

    assert note.startswith(f"{name} requires {required}, and the bot runs on Python 3.")


@pytest.mark.parametrize("text", ["my-environment", "system", "pypy3.99", "3.99t", ""])
def test_what_names_no_version_asks_for_none(tmp_path: Path, text: str) -> None:
    """An environment of pyenv's, another Python than CPython."""
    (tmp_path / ".python-version").write_text(text)

    assert own_interpreter().against(requirements(tmp_path)).notes == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [("pypdf[crypto]>=5", "pypdf"), (" Fastapi_Poe", "fastapi-poe"), ("# note", ""), ("-r x", "")],
)
def test_a_requirement_is_read_for_its_name(line: str, name: str) -> None:
    """Extras and versions fall away."""
    assert package_name(line) == name
