"""`poe new` as typed: through the front door, on buffers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from poecli.scaffold.git import check_installed
from tests.poe import poe

GIT = check_installed()


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_project_is_created_and_the_next_commands_are_told(in_tmp: Path) -> None:
    """The session of the README: new, cd, dev, chat."""
    code, out, err = poe("new", "echo", "my-bot", "--no-input")
    assert (code, out) == (0, "")
    assert err.splitlines()[1:] == ["Next:", "  cd my-bot", "  poe dev", "  poe chat ."]
    assert (in_tmp / "my-bot" / "main.py").is_file()


def test_the_way_to_the_project_is_told_in_its_shorter_form(in_tmp: Path) -> None:
    """A folder next door by its relative path."""
    (in_tmp / "here").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(in_tmp / "here")
        _, _, err = poe("new", "echo", "../sister")
    assert err.splitlines()[2] == "  cd ../sister"


def test_in_the_folder_itself_no_cd_is_told(in_tmp: Path) -> None:
    """The steps are true for where one stands."""
    (in_tmp / "here").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(in_tmp / "here")
        _, _, err = poe("new", "echo", ".")
    assert err.splitlines()[2:] == ["  poe dev", "  poe chat .", "  python -m pytest"]


def test_without_a_template_and_without_a_terminal_the_flags_are_listed() -> None:
    """Nobody can be asked: exit code 2, and every choice as it is typed."""
    code, out, err = poe("new")
    assert (code, out) == (2, "")
    assert all(flag in err for flag in ("TEMPLATE", "--name", "--deploy", "--git", "--from"))


def test_the_created_project_is_told_as_json(in_tmp: Path) -> None:
    """One object with the path, the files and the next commands."""
    code, out, _ = poe("new", "echo", "a b c d", "--json", "--deploy", "docker")
    told = json.loads(out)
    assert code == 0
    assert (told["v"], told["type"], told["name"]) == (1, "created", "a-b-c-d")
    assert told["path"] == str(in_tmp / "a b c d")
    assert told["next"][0] == "cd 'a b c d'"
    assert "Dockerfile" in told["files"]


@pytest.mark.parametrize("word", ["echo", "pdf-counter"])
def test_the_templates_are_listed(word: str) -> None:
    """For people a line each, for programs one object."""
    _, out, _ = poe("new", "--list")
    _, as_json, _ = poe("new", "--list", "--json")
    assert word in [line.split()[0] for line in out.splitlines()]
    assert word in [t["name"] for t in json.loads(as_json)["templates"]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["echco"], "Did you mean 'echo'?"),
        (["echo", "full"], "It contains mine.txt."),
        (["echo", "x", "--name", "no"], "4 to 20"),
        (["echo", "NUL"], "reserves this name"),
        (["echo", "bot1", "--deploy", "moon"], "moon"),
        (["--from", "nowhere"], "is not a folder"),
        (["--from", "~nobody-at-all/x"], "is not a folder"),
        (["--from", "x" * 5000], "The name is too long"),
        (["--from", "full", "bot1"], "is not a template"),
        (["--from", "a", "b", "c"], "replaces TEMPLATE"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    in_tmp: Path, arguments: list[str], told: str
) -> None:
    """Exit code 2; the folder is as it was."""
    (in_tmp / "full").mkdir()
    (in_tmp / "full" / "mine.txt").touch()
    code, _, err = poe("new", *arguments)
    assert code == 2
    assert told in err
    assert {path.name for path in in_tmp.rglob("*")} == {"full", "mine.txt"}


def test_a_git_repository_is_made_when_asked(in_tmp: Path) -> None:
    """By the git program."""
    assert poe("new", "echo", "bot1", "--git")[0] == 0
    assert (in_tmp / "bot1" / ".git").is_dir()


@pytest.mark.parametrize("kind", ["folder", "url"])
def test_a_template_of_ones_own_is_used(in_tmp: Path, kind: str) -> None:
    """From a folder or a git repository, with the files that all projects share."""
    theirs = in_tmp / "theirs"
    theirs.mkdir()
    (theirs / "main.py").write_text("bot = 'theirs'\n")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run([GIT, *command], cwd=theirs, check=True)
    source = {"folder": str(theirs), "url": theirs.as_uri()}[kind]
    assert poe("new", "--from", source, "mine")[0] == 0
    assert (in_tmp / "mine" / "main.py").read_text() == "bot = 'theirs'\n"
    assert (in_tmp / "mine" / "poe.toml").is_file()
    assert not (in_tmp / "mine" / ".git").exists()


def test_a_repository_that_cannot_be_fetched_is_told_without_its_password(in_tmp: Path) -> None:
    """Exit code 4; what git said, less the credentials of the URL."""
    url = f"file://user:hunter2@localhost{in_tmp}/nowhere"
    code, _, err = poe("new", "--from", url, "bot1")
    assert code == 4
    assert "could not fetch" in err
    assert "hunter2" not in err
