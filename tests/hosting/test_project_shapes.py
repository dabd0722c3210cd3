"""Projects of every shape: `poe init` in each, then the bot's first answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from poecli.config.project import find_project
from poecli.config.target import Target
from poecli.hosting.finding.discovery import load
from tests.hosting.clients import Client
from tests.poe import poe

# Every bot answers with a word and with its working directory.
HEAD = "import fastapi_poe as fp\nfrom pathlib import Path\n"
UV = '[project]\nname = "mybot"\nversion = "1"\ndependencies = ["fastapi-poe"]\n'
HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
POETRY = (
    '[tool.poetry]\nname = "mybot"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.10"\n'
)
PDM = "[tool.pdm]\ndistribution = false\n"
MODAL = 'import modal\napp = modal.App("mine")\n@app.function()\n@modal.asgi_app()\n'


def bot(word: str = "'hi'", name: str = "EchoBot") -> str:
    """A class of bots whose word is an expression."""
    return (
        f"{HEAD}class {name}(fp.PoeBot):\n    async def get_response(self, request):\n"
        f"        yield fp.PartialResponse(text={word} + f' in {{Path.cwd().name}}')\n"
    )


@dataclass(frozen=True)
class Shape:
    """Files of a project in a folder of that name, and what comes of `poe init` there.

    ``typed`` is what is given to `poe dev` then; ``bots`` are the tables of poe.toml with their
    targets, where there are several.
    """

    files: Mapping[str, str]
    folder: str = "project"
    init: tuple[str, ...] = ()
    typed: str = "."
    word: str = "hi"
    path: str = "/"
    bots: Mapping[str, str | None] = field(default_factory=lambda: {"project": None})


WORDS = {"mybot/words.py": "WORD = 'ha'\n"}
PACKAGE = {"mybot/__init__.py": "", **WORDS}
IN_SRC = {f"src/{name}": text for name, text in PACKAGE.items()}
TWO_CLASSES = bot() + bot("'miau'", "CatBot").removeprefix(HEAD)

SHAPES = {
    "main.py": Shape({"main.py": bot()}),
    "bot.py beside main.py": Shape({"bot.py": bot(), "main.py": "print('no bot')\n"}),
    "a name of its own": Shape({"chatter.py": bot(), "test_it.py": bot()}),
    "dots in the file's name": Shape({"bot.v2.py": bot()}),
    "spaces and brackets": Shape({"main.py": bot()}, "My Bot (old)", bots={"my-bot-old": None}),
    "capitals": Shape({"main.py": bot()}, "MyBot", bots={"MyBot": None}),
    "dots": Shape({"main.py": bot(), "__init__.py": ""}, "v1.2", bots={"v1.2": None}),
    "umlauts": Shape({"main.py": bot()}, "Büro Bot", bots={"buro-bot": None}),
    "a program with relative imports": Shape(
        {"main.py": bot("WORD") + "from .words import WORD\n", "words.py": "WORD = 'ha'\n"},
        "Mein Bot",
        word="ha",
        bots={"mein-bot": None},
    ),
    "uv, no package": Shape({"main.py": bot(), "pyproject.toml": UV, "uv.lock": ""}),
    "uv, a package in src": Shape(
        {**IN_SRC, "src/mybot/bot.py": "from mybot.words import WORD\n" + bot("WORD"),
         "pyproject.toml": UV + HATCH},
        word="ha",
    ),
    "hatch, src without __init__.py": Shape(
        {"src/mybot/bot.py": "from mybot.words import WORD\n" + bot("WORD"),
         "src/mybot/words.py": "WORD = 'ha'\n", "pyproject.toml": HATCH},
        word="ha",
    ),
    "poetry, a package": Shape(
        {**PACKAGE, "mybot/bot.py": "from .words import WORD\n" + bot("WORD"),
         "pyproject.toml": POETRY},
        word="ha",
    ),
    "pdm, not installed": Shape(
        {**IN_SRC, "src/mybot/app.py": "from . import words\n" + bot("words.WORD"),
         "pyproject.toml": UV + PDM},
        word="ha",
    ),
    "relative imports without __init__.py": Shape(
        {**WORDS, "mybot/inner/bot.py": "from ..words import WORD\n" + bot("WORD")}, word="ha"
    ),
    "a package that is run": Shape(
        {**PACKAGE, "mybot/bot.py": "from .words import WORD\n" + bot("WORD"),
         "mybot/__main__.py": HEAD + "from mybot.bot import EchoBot\n"
         "if __name__ == '__main__':\n    fp.run(EchoBot())\n"},
        word="ha",
    ),
    "a base class in another file": Shape(
        {"base.py": bot(), "echo.py": HEAD + "from base import EchoBot\nclass E(EchoBot): ...\n"}
    ),
    "a server of several files": Shape(
        {"echo.py": bot(), "cat.py": bot("'miau'", "CatBot"),
         "serve.py": HEAD + "from cat import CatBot\nfrom echo import EchoBot\n"
         "app = fp.make_app([EchoBot(path='/e'), CatBot(path='/c')], allow_without_key=True)\n"},
        word="miau", path="/c",
    ),
    "several bots, named paths": Shape(
        {"main.py": TWO_CLASSES + "bots = [EchoBot(path='/e'), CatBot(path='/c')]\n"},
        word="miau", path="/c", bots={"project": None, "c-bot": None},
    ),
    "several classes in a file": Shape(
        {"main.py": TWO_CLASSES}, typed="main.py:CatBot", word="miau",
        bots={"echo-bot": "main.py:EchoBot", "cat-bot": "main.py:CatBot"},
    ),
    "several bots at one path": Shape(
        {"main.py": TWO_CLASSES + "echo = EchoBot()\nhare = CatBot()\n"},
        bots={"echo": "main.py:echo", "hare": "main.py:hare"},
    ),
    "several files in the folder": Shape(
        {"echo.py": bot(), "cat.py": bot("'miau'", "CatBot")}, typed="echo.py",
        bots={"cat-bot": "cat.py", "echo": "echo.py"},
    ),
    "one of several files": Shape(
        {"echo.py": bot(), "cat.py": bot("'miau'", "CatBot")}, init=("cat.py",), word="miau",
    ),
    "a folder of bots": Shape(
        {"bots/echo.py": bot("WORD") + "from common import WORD\n", "common.py": "WORD = 'ha'\n",
         "bots/hare.py": bot(), "requirements.txt": "fastapi-poe\n"},
        word="ha", bots={"echo": "bots/echo.py", "hare": "bots/hare.py"},
    ),
    "a monorepo": Shape(
        {"bots/hare/main.py": bot(), "bots/echo/src/app.py": bot("WORD") + "from words import WORD",
         "bots/echo/src/words.py": "WORD = 'ha'\n", "web/index.html": "", ".git/HEAD": ""},
        typed="bots/echo", word="ha",
        bots={"echo": "bots/echo/src/app.py", "hare": "bots/hare/main.py"},
    ),
    "a bot of a monorepo": Shape(
        {"bots/hare/main.py": bot("'ho'"), "bots/echo/main.py": bot(), ".git/HEAD": ""},
        init=("bots/hare/main.py",), word="ho",
    ),
    "modal_app.py alone": Shape(
        {"modal_app.py": bot() + MODAL
         + "def web():\n    return fp.make_app(EchoBot(), allow_without_key=True)\n"}
    ),
    "several functions of Modal's": Shape(
        {"modal_app.py": TWO_CLASSES + MODAL
         + "def echo():\n    return fp.make_app(EchoBot(), allow_without_key=True)\n"
         + "@app.function()\n@modal.asgi_app()\n"
         + "def miau():\n    return fp.make_app(CatBot(), allow_without_key=True)\n"},
        typed="modal_app.py:miau", word="miau",
        bots={"echo": "modal_app.py:echo", "miau": "modal_app.py:miau"},
    ),
    "a factory": Shape(
        {"main.py": bot() + "def make_app():\n    return fp.make_app(EchoBot(), "
         "allow_without_key=True)\n"}
    ),
}  # fmt: skip


def lay_out(folder: Path, shape: Shape) -> Path:
    root = folder / shape.folder
    for name, text in shape.files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_a_project_answers_after_poe_init(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Awaitable[Client]],
    ask: Callable[..., Awaitable[str]],
    shape: Shape,
) -> None:
    """Two commands: `poe init`, and one that asks. The project's folder is the working one."""
    root = lay_out(tmp_path, shape)
    monkeypatch.chdir(root)

    assert poe("init", *shape.init).code == 0
    project = find_project(root)
    loaded = await asyncio.to_thread(lambda: load(Target.parse(shape.typed, root)))
    answer = await ask(await serve(loaded), shape.path, key="a" * 32)

    assert answer == f"{shape.word} in {shape.folder}"
    assert {name: entry.target for name, entry in project.bots.items()} == shape.bots
    assert project.root == root


@pytest.mark.parametrize("place", ["src/mybot/bot.py", "mybot/bot.py"])
@pytest.mark.parametrize("typed", [".", "FILE", "FILE:EchoBot", "mybot.bot:EchoBot", "FOLDER"])
def test_a_bot_has_one_working_directory_however_it_is_named(
    tmp_path: Path, place: str, typed: str
) -> None:
    """The project's folder, also before there is a poe.toml."""
    file = tmp_path / place
    root = lay_out(tmp_path, Shape({place: bot(), "pyproject.toml": UV}, "."))
    (file.parent / "__init__.py").touch()
    typed = typed.replace("FILE", place).replace("FOLDER", str(file.parent))

    target = Target.parse(typed, root)

    assert (target.file, target.root, target.module) == (file, tmp_path, "mybot.bot")
