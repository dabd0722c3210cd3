"""Requirements, one by one and in their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.upgrade.requirements import upgrade_requirements, upgraded_requirement

CHANGED = {
    "fastapi-poe==0.0.36": "fastapi-poe==0.0.83",
    "fastapi_poe == 0.0.36": "fastapi_poe ==0.0.83",
    "fastapi-poe<0.0.50": "fastapi-poe>=0.0.83",
    "fastapi-poe>=0.0.20,<0.0.50": "fastapi-poe>=0.0.83",
    "fastapi-poe==0.0.36; python_version > '3.8'": "fastapi-poe==0.0.83; python_version > '3.8'",
    "modal==0.62.181": "modal==1.6.4",
    "modal<1": "modal>=1.6.4",
    "pydantic<2": "pydantic>=2.9",
    "pydantic==1.10.13": "pydantic>=2.9",
    "sse-starlette==1.6.5": "sse-starlette>=2.2.1",
    "PyPDF2==3.0.1": "pypdf==7.1.1",
    "pypdf2": "pypdf",
    "PyPDF2[crypto]>=2": "pypdf[crypto]",
}
UNCHANGED = [
    "fastapi-poe",
    "fastapi-poe>=0.0.36",
    "fastapi-poe~=0.0.36",
    "fastapi-poe==0.0.83",
    "fastapi-poe==0.0.*",
    "modal==1.3.0",
    "pydantic==2.5.0",
    "pydantic>=1.10,<3",
    "requests==2.31.0",
    "fastapi-poe @ git+https://example.com/a.git",
    "not a requirement",
    "-r other.txt",
    "",
]
TXT = """\
# what the bot needs
fastapi-poe==0.0.36  # the SDK
requests==2.31.0

PyPDF2==3.0.1
"""
TOML = """\
[project]
name = "modal"
dependencies = [
  "fastapi-poe==0.0.36", # the SDK
  'pydantic<2',
]
[tool.poetry.dependencies]
python = "^3.9"
fastapi-poe = "^0.0.36"
modal = "0.62.181"
pydantic = "^2.5"
"""


@pytest.mark.parametrize(("before", "after"), CHANGED.items())
def test_a_requirement_that_fits_nothing_is_changed(before: str, after: str) -> None:
    """A pin stays a pin where the bot names the package itself."""
    assert upgraded_requirement(before) == after
    assert upgraded_requirement(after) == after


@pytest.mark.parametrize("text", UNCHANGED)
def test_a_requirement_that_fits_stays(text: str) -> None:
    """As long as it allows one version that works."""
    assert upgraded_requirement(text) == text


def test_a_requirements_file_keeps_its_other_lines() -> None:
    """Comments too."""
    text, edits, notes = upgrade_requirements(TXT, Path("requirements.txt"), keeps_pypdf2=False)

    assert text == TXT.replace("0.0.36", "0.0.83").replace("PyPDF2==3.0.1", "pypdf==7.1.1")
    assert ([edit.line for edit in edits], notes) == ([2, 5], [])


def test_a_package_that_the_code_still_imports_stays() -> None:
    """PyPDF2, where its names of 2021 are used."""
    text, _, _ = upgrade_requirements(TXT, Path("requirements.txt"), keeps_pypdf2=True)

    assert "PyPDF2==3.0.1" in text


def test_a_pyproject_keeps_its_other_lines() -> None:
    """Lists of requirements, and poetry's table."""
    text, edits, _ = upgrade_requirements(TOML, Path("pyproject.toml"), keeps_pypdf2=False)

    changed = TOML.replace("0.0.36", "0.0.83").replace("0.62.181", "1.6.4")
    assert text == changed.replace("pydantic<2", "pydantic>=2.9")
    assert [edit.line for edit in edits] == [4, 5, 9, 10]


def test_a_hash_is_not_made_up() -> None:
    """Only the index knows it."""
    line = "fastapi-poe==0.0.36 --hash=sha256:00\n"
    text, edits, notes = upgrade_requirements(line, Path("requirements.txt"), keeps_pypdf2=False)

    assert (text, edits) == (line, [])
    assert notes[0].what == "is pinned by its hash: lock it anew for fastapi-poe==0.0.83"
