"""Keys in files that go where the repository goes, and the build, which is none of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from poecli.deploy.build import build_of
from poecli.deploy.exposed import refuse_exposed
from poecli.errors import UsageError
from tests.needs import needs

KEY = "k3y-of-the-bot"


def repository(folder: Path, **files: str) -> Path:
    """With these files tracked, whatever they are called."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    subprocess.run(["git", "add", "--force", "."], cwd=folder, check=True)
    return folder


@needs("git")
@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"main_py": f'KEY = "{KEY}"\n'}, "main.py contains a key of the bot's."),
        ({"_env": "NAME=value\n"}, "git tracks .env."),
    ],
)
def test_a_key_that_git_tracks_ends_the_deploy(
    tmp_path: Path, files: dict[str, str], says: str
) -> None:
    """The file is named, and the key is not."""
    with pytest.raises(UsageError) as caught:
        refuse_exposed(repository(tmp_path, **files), [KEY])

    assert caught.value.message == says
    assert KEY not in str(caught.value.as_json())


@needs("git")
def test_a_key_that_git_ignores_is_where_it_belongs(tmp_path: Path) -> None:
    """Only what is tracked is looked at."""
    folder = repository(tmp_path, main_py="", _gitignore=".env\n")
    (folder / ".env").write_text(f"POE_ACCESS_KEY={KEY}\n")
    refuse_exposed(folder, [KEY])


def test_without_git_all_files_are_looked_at(tmp_path: Path) -> None:
    """They may go into an image."""
    (tmp_path / "notes.txt").write_text(KEY)
    with pytest.raises(UsageError, match=r"notes\.txt"):
        refuse_exposed(tmp_path, [KEY])


@pytest.mark.skipif(sys.platform == "win32", reason="programs have another form there")
def test_a_git_that_can_not_be_run_is_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one that takes too long end the deploy."""
    (tmp_path / "git").write_text("no program")
    (tmp_path / "git").chmod(0o755)
    (tmp_path / "notes.txt").write_text(KEY)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"notes\.txt"):
        refuse_exposed(tmp_path, [KEY])


@pytest.mark.parametrize(
    ("file", "differs"),
    [
        ("main.py", True),
        ("data/words.txt", True),
        ("requirements.txt", True),
        (".env", False),
        (".env.local", False),
        ("poe.toml", False),
        ("poe.lock.json", False),
        ("__pycache__/main.pyc", False),
        (".poe/turns.jsonl", False),
    ],
)
def test_a_build_is_what_the_bot_is_made_of(tmp_path: Path, file: str, differs: bool) -> None:
    """Neither keys nor what poe writes make another one."""
    (tmp_path / "main.py").write_text("one")
    before = build_of(tmp_path)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("two")
    assert (build_of(tmp_path) != before) == differs
