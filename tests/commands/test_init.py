"""`poe init` as typed: through the front door, on buffers."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.project import read_project
from poecli.config.target import Target
from tests.poe import poe

BOT = "import fastapi_poe as fp\nclass Bot(fp.PoeBot): ...\nbot = Bot()\n"


TWO_CLASSES = "import fastapi_poe as fp\nclass A(fp.PoeBot): ...\nclass B(fp.PoeBot): ...\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my bot"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


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
    (folder / "bots.py").write_text("import fastapi_poe as fp\nbot = None\n")
    assert poe("init")[0] == 0
    assert read_project(folder / "poe.toml").dev.target == "main.py"


def test_a_project_file_that_is_there_stays(folder: Path) -> None:
    """Exit code 2; nothing is written over."""
    (folder / "main.py").write_text(BOT)
    (folder / "poe.toml").write_text("# mine\n")
    code, _, err = poe("init")
    assert code == 2
    assert "already exists" in err
    assert (folder / "poe.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({}, [], 6),
        ({"main.py": "class Bot(PoeBot:"}, [], 6),
        ({"main.py": "import json\nprint('no bot')\n"}, [], 6),
        ({"app.py": "import words\n", "words.py": "HI = 1\n"}, [], 6),
        ({"main.py": TWO_CLASSES}, ["--name", "my-bot"], 2),
        ({"main.py": BOT}, ["--name", "no"], 2),
        ({"main.py": BOT}, ["nowhere"], 6),
    ],
    ids=[
        "no bot",
        "no Python",
        "another program",
        "a program of two files",
        "a name for two",
        "no handle",
        "no folder",
    ],
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
    code, _, err = poe("init", "docs")
    assert code == 6
    assert "There is no bot in" in err


@pytest.mark.parametrize(
    ("files", "argument", "target"),
    [
        ({"main.py": TWO_CLASSES}, "main.py:B", "main.py:B"),
        ({"one.py": BOT, "two.py": BOT}, "two.py", "two.py"),
    ],
    ids=["a class", "a file"],
)
def test_one_of_several_bots_is_named_as_for_poe_dev(
    folder: Path, files: dict[str, str], argument: str, target: str
) -> None:
    """What is written is what `poe dev` then finds by the folder alone."""
    for name, text in files.items():
        (folder / name).write_text(text)
    assert poe("init", argument)[0] == 0
    assert read_project(folder / "poe.toml").dev.target == target
    assert str(Target.parse(".", folder)) == target


def test_several_bots_are_listed_each_with_its_command(folder: Path) -> None:
    """The tables of poe.toml name the target of each; a bot that another calls is local."""
    (folder / "cats.py").write_text(BOT)
    (folder / "gold fish.py").write_text(BOT)
    calls = "fp.SettingsResponse(server_bot_dependencies={'cats': 1, 'GPT-4': 1})\n"
    (folder / "dogs.py").write_text(BOT + calls)

    said = poe("init").stderr

    assert "cats: poe dev cats.py" in said
    assert "dogs: poe dev dogs.py" in said
    assert "gold-fish: poe dev 'gold fish.py'" in said
    project = read_project(folder / "poe.toml")
    assert project.dev.target == "cats.py"
    assert project.dev.bots == {"cats": "local:cats.py", "GPT-4": "mock"}


def test_a_package_is_a_part_of_its_project(folder: Path) -> None:
    """`poe init` in it writes to the project's folder."""
    (folder / "pyproject.toml").touch()
    package = folder / "src" / "mybot"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "bot.py").write_text(BOT)
    assert poe("init", "src/mybot").code == 0
    assert read_project(folder / "poe.toml").dev.target == "src/mybot/bot.py"


def test_env_is_kept_out_of_git(folder: Path) -> None:
    """Before anybody puts a key into it."""
    (folder / "main.py").write_text(BOT)
    (folder / ".gitignore").write_text("*.pyc\n")
    assert ".env was added" in poe("init").stderr
    assert (folder / ".gitignore").read_text() == "*.pyc\n.env\n"


def test_a_name_that_is_cut_is_said(folder: Path) -> None:
    """Poe's handles are short; a folder's name may not be."""
    long = folder / "a-folder-with-a-very-long-name"
    long.mkdir()
    (long / "main.py").write_text(BOT)
    assert "called a-folder-with-a-very:" in poe("init", str(long)).stderr
