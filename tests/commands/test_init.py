"""`poe init` as typed: through the front door, on buffers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from poecli.commands.run import run
from poecli.config.project import read_project
from poecli.terminal.console import Console

BOT = "import fastapi_poe as fp\nclass Bot(fp.PoeBot): ...\nbot = Bot()\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my bot"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def poe(*arguments: str) -> tuple[int, str]:
    console = Console.test()
    code = run(arguments, console)
    assert isinstance(console.stderr, io.StringIO)
    return code, console.stderr.getvalue()


@pytest.mark.parametrize("file", ["main.py", "bot.py", "chatter.py"])
def test_a_project_file_is_written_and_nothing_else(folder: Path, file: str) -> None:
    """It names the file with the bot; the bot's file stays as it is."""
    (folder / file).write_text(BOT)
    assert poe("init")[0] == 0
    project = read_project(folder / "poe.toml")
    assert (list(project.bots), project.dev.target) == (["my-bot"], file)
    assert sorted(path.name for path in folder.iterdir()) == sorted([file, "poe.toml"])
    assert (folder / file).read_text() == BOT
    assert [path.name for path in folder.parent.iterdir()] == ["my bot"]


@pytest.mark.parametrize("line", ["from bots import bot\n", "from .bots import bot\n"])
def test_a_bot_of_another_file_is_the_entry_files(folder: Path, line: str) -> None:
    """main.py may get its bot from a file beside it."""
    (folder / "main.py").write_text(line)
    (folder / "bots.py").write_text("bot = None\n")
    assert poe("init")[0] == 0
    assert read_project(folder / "poe.toml").dev.target == "main.py"


def test_a_project_file_that_is_there_stays(folder: Path) -> None:
    """Exit code 2; nothing is written over."""
    (folder / "main.py").write_text(BOT)
    (folder / "poe.toml").write_text("# mine\n")
    code, err = poe("init")
    assert code == 2
    assert "is there already" in err
    assert (folder / "poe.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({}, [], 6),
        ({"main.py": "class Bot(PoeBot:"}, [], 6),
        ({"main.py": "import json\nprint('no bot')\n"}, [], 6),
        ({"main.py": BOT}, ["--name", "no"], 2),
        ({"main.py": BOT}, ["nowhere"], 6),
    ],
    ids=["no bot", "no Python", "another program", "no handle", "no folder"],
)
def test_what_cannot_be_done_writes_nothing(
    folder: Path, files: dict[str, str], arguments: list[str], code: int
) -> None:
    """The error says whose turn it is."""
    for name, text in files.items():
        (folder / name).write_text(text)
    assert poe("init", *arguments)[0] == code
    assert not list(folder.rglob("poe.toml"))


def test_a_bot_above_is_not_this_folders(folder: Path) -> None:
    """A poe.toml further up does not make this folder a project."""
    (folder / "main.py").write_text(BOT)
    (folder / "poe.toml").write_text('[dev]\ntarget = "main.py"\n')
    (folder / "docs").mkdir()
    code, err = poe("init", "docs")
    assert code == 2
    assert "There is no bot in" in err
