"""What is told of a bot file without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.project import read_project
from poecli.errors import BotLoadError
from poecli.scaffold.existing import ExistingBot, ExistingProject, poe_toml

START = "import fastapi_poe as fp\nclass A(fp.PoeBot):\n    pass\nclass B(A):\n    pass\n"


def examined(folder: Path, source: str) -> ExistingProject:
    (folder / "main.py").write_text(START + source)
    return ExistingProject.of_files(folder, [folder / "main.py"])


def bot(name: str | None = None, path: str = "/", key: str = "POE_ACCESS_KEY") -> ExistingBot:
    return ExistingBot("main.py", name, path, key)


@pytest.mark.parametrize(
    ("source", "bots"),
    [
        ("", [bot()]),
        ("bot = A()\n", [bot()]),
        ("bot = A(bot_name='My-Bot')\n", [bot("My-Bot")]),
        ("NAME = 'My-Bot'\napp = fp.make_app(A(), bot_name=NAME)\n", [bot("My-Bot")]),
        ("fp.run(A(), bot_name='not a handle!')\n", [bot()]),
        ("bot = A(access_key=os.environ['BOT_KEY'])\n", [bot(None, "/", "BOT_KEY")]),
        (
            "fp.run(A(), os.getenv('X'), access_key=os.environ.get('KEY') or '')\n",
            [bot(None, "/", "KEY")],
        ),
        ("bot = A(access_key='0' * 32)\n", [bot()]),
        (
            "bots = [A(path='/a'), B(path='/b')]\n",
            [bot(None, "/a"), bot(None, "/b")],
        ),
        ("bots = [A(path='/a'), B(path='/a')]\n", [bot(None, "/a")]),
        ("bot = A(path=f'/{1}')\n", [bot()]),
    ],
)
def test_bots_are_found_with_path_name_and_key_variable(
    tmp_path: Path, source: str, bots: list[ExistingBot]
) -> None:
    """What stands in the file; what only running it would tell keeps its default."""
    assert list(examined(tmp_path, source).bots) == bots


def test_called_bots_are_found(tmp_path: Path) -> None:
    """Literal handles and constants of server_bot_dependencies, each once."""
    source = (
        "MODEL = 'GPT-4'\n"
        "one = fp.SettingsResponse(server_bot_dependencies={MODEL: 1, 'Claude': 2})\n"
        "two = fp.SettingsResponse(server_bot_dependencies={MODEL: 1, model(): 2})\n"
        "three = fp.SettingsResponse(server_bot_dependencies=elsewhere)\n"
    )
    assert examined(tmp_path, source).upstream == ("GPT-4", "Claude")


def test_nothing_of_the_file_runs(tmp_path: Path) -> None:
    """Not even its imports."""
    examined(tmp_path, "import nowhere\nraise SystemExit\n")


@pytest.mark.parametrize("content", [b"def bot(:\n", b"\xff\xfe\x00", b"x = '\x00'"])
def test_a_file_that_is_no_python_is_named(tmp_path: Path, content: bytes) -> None:
    """It is the author's file that is at fault."""
    (tmp_path / "main.py").write_bytes(content)
    with pytest.raises(BotLoadError, match=r"main\.py"):
        ExistingProject.of_files(tmp_path, [tmp_path / "main.py"])


def test_the_written_file_is_read_back_as_meant(tmp_path: Path) -> None:
    """By the same reader that every command uses; no two bots share a name."""
    bots = (bot(path="/a"), bot(path="/whisper"), bot(path="/ü"), bot("whisper", "/b"))
    upstream = ('Odd "bot"\\\x7f', "GPT-4")
    file = tmp_path / "poe.toml"
    file.write_bytes(poe_toml(ExistingProject(bots, upstream), "my-bot"))
    project = read_project(file)
    assert {name: bot.path for name, bot in project.bots.items()} == {
        "my-bot": "/a",
        "whisper": "/whisper",
        "u-bot": "/ü",
        "whisper-4": "/b",
    }
    assert project.dev.target == "main.py"
    assert project.dev.bots == dict.fromkeys(upstream, "mock")


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"main.py": "import modal\napp = modal.App('an-app')\n"}, ["modal", "an-app", "main.py"]),
        (
            {"main.py": "", "modal_app.py": "from modal import App\napp = App(name='an-app')\n"},
            ["modal", "an-app", "modal_app.py"],
        ),
        ({"main.py": "", "fly.toml": 'app = "an-app"\n'}, ["fly", "an-app"]),
        ({"main.py": "import modal\nmodal.App('a')\nmodal.App('b')\n"}, []),
        ({"main.py": "App('a')\n", "fly.toml": "broken"}, []),
        ({"main.py": "", "Dockerfile": "FROM scratch\n"}, []),
    ],
)
def test_where_it_is_deployed(tmp_path: Path, files: dict[str, str], lines: list[str]) -> None:
    """As the files of a host say it; a project file with it is read back."""
    for name, text in files.items():
        (tmp_path / name).write_text(START * (name == "main.py") + text)
    project = ExistingProject.of_files(tmp_path, [tmp_path / "main.py"])
    file = tmp_path / "poe.toml"
    file.write_bytes(poe_toml(project, "my-bot"))

    table = read_project(file).bots["my-bot"].deploy
    assert ([table.to, *table.settings.values()] if table else []) == lines
