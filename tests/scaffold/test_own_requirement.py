"""requirements-dev.txt names poecli so that pip finds it, however it was installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poecli import __version__
from poecli.scaffold.catalog import find_template, shared_folder
from poecli.scaffold.own_requirement import own_requirement, requirement_from
from poecli.scaffold.project_files import project_files

AT_INDEX = f"poecli>={__version__}"
GIT = {
    "url": "https://git.example.com/poecli.git",
    "vcs_info": {"vcs": "git", "commit_id": "c0ffee", "requested_revision": "main"},
}


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        pytest.param(None, AT_INDEX, id="an index"),
        pytest.param(
            GIT, "poecli @ git+https://git.example.com/poecli.git@c0ffee", id="a git repository"
        ),
        pytest.param(
            GIT | {"url": "file:///home/me/poecli"},
            "git+file:///home/me/poecli@c0ffee",
            id="a git repository on this machine",
        ),
        pytest.param(
            GIT | {"subdirectory": "cli"},
            "poecli @ git+https://git.example.com/poecli.git@c0ffee#subdirectory=cli",
            id="a folder of one",
        ),
        pytest.param(
            {"url": "https://files.example.com/poecli-1.whl", "archive_info": {}},
            "poecli @ https://files.example.com/poecli-1.whl",
            id="a file on the web",
        ),
        pytest.param({"url": "PLACE", "dir_info": {}}, "poecli @ PLACE", id="a checkout"),
        pytest.param({"url": "PLACE/poecli.whl", "archive_info": {}}, AT_INDEX, id="a file, gone"),
        pytest.param(
            {"url": "PLACE", "dir_info": {"editable": True}}, "-e PATH", id="an editable checkout"
        ),
    ],
)
def test_poecli_is_installed_from_where_it_came(
    tmp_path: Path, origin: dict[str, Any] | None, line: str
) -> None:
    """As pip's direct_url.json tells; what is no longer there is looked for in the index."""
    place = tmp_path.as_uri()
    noted = json.dumps(origin).replace("PLACE", place) if origin else None

    wanted = line.replace("PLACE", place).replace("PATH", str(tmp_path))
    assert requirement_from(noted) == wanted


def test_a_folder_with_a_blank_in_its_name_is_one_word(tmp_path: Path) -> None:
    """pip takes the line apart as a shell does."""
    checkout = tmp_path / "my tools"
    checkout.mkdir()
    noted = json.dumps({"url": checkout.as_uri(), "dir_info": {"editable": True}})

    assert requirement_from(noted) == f"-e '{checkout}'"


def test_a_new_project_names_it() -> None:
    """In place of the line of the template; the others stay."""
    files = project_files(find_template("echo"), shared_folder(), "my-bot", "none")
    lines = files["requirements-dev.txt"].decode().splitlines()

    assert lines == ["-r requirements.txt", own_requirement(), "pytest>=8"]
