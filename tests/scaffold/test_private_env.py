"""`.env` kept out of git, in repositories made by the real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from poecli.scaffold.private_env import keep_env_private


def keep(root: Path) -> list[str]:
    """What is said, then what is warned of."""
    said: list[str] = []
    keep_env_private(root, said.append, said.append)
    return said


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b".env\n"),
        (b"", b".env\n"),
        (b"*.pyc", b"*.pyc\n.env\n"),
        (b"*.pyc\r\n", b"*.pyc\r\n.env\r\n"),
        (b".env\n", b".env\n"),
        (b".env*\n!.env.example\n", b".env*\n!.env.example\n"),
        (b"# .env\n.env.local\n", b"# .env\n.env.local\n.env\n"),
        (b".env\n!.env\n", b".env\n!.env\n.env\n"),
    ],
)
def test_a_repository_ignores_env(repository: Path, before: bytes | None, after: bytes) -> None:
    """One line is added where git would take the file, and none a second time."""
    file = repository / ".gitignore"
    if before is not None:
        file.write_bytes(before)

    said = keep(repository)

    assert file.read_bytes() == after
    assert len(said) == (before != after)
    assert keep(repository) == []
    assert file.read_bytes() == after


def test_a_repositorys_own_file_is_added_to(repository: Path) -> None:
    """A project below it needs no second .gitignore."""
    project = repository / "bots" / "echo"
    project.mkdir(parents=True)
    (repository / ".gitignore").write_text("*.pyc\n")

    assert str(repository / ".gitignore") in keep(project)[0]
    assert (repository / ".gitignore").read_text() == "*.pyc\n.env\n"
    assert not (project / ".gitignore").exists()


@pytest.mark.parametrize(
    ("before", "after"), [("*.pyc\n", "*.pyc\n.env\n"), ("/.env\n", "/.env\n")]
)
def test_a_gitignore_without_a_repository_counts(tmp_path: Path, before: str, after: str) -> None:
    """The repository may come later."""
    (tmp_path / ".gitignore").write_text(before)
    keep(tmp_path)
    keep(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == after


def test_a_folder_outside_of_git_is_left_alone(tmp_path: Path) -> None:
    assert keep(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_an_env_that_git_tracks_is_warned_of(repository: Path) -> None:
    """A line in .gitignore does not help any more; the command that does is named."""
    (repository / ".env").write_text("KEY=x\n")
    git(repository, "add", ".env")

    assert "git rm --cached .env" in keep(repository)[-1]
    git(repository, "rm", "--cached", ".env")
    assert keep(repository) == []
