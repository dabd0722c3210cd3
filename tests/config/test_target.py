"""What the author typed, read into a file, a name and a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from poecli.config.target import Target
from poecli.errors import BotLoadError, ExitCode

BOT = "import fastapi_poe as fp\nclass B(fp.PoeBot): ...\n"
Files = dict[str, str]


def lay_out(folder: Path, files: Files) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.parametrize(
    ("files", "text", "expected"),
    [
        pytest.param({"main.py": BOT}, ".", ("main.py", None, "main", "."), id="the folder"),
        pytest.param({"main.py": BOT}, "", ("main.py", None, "main", "."), id="nothing typed"),
        pytest.param(
            {"main.py": "", "bot.py": BOT}, ".", ("bot.py", None, "bot", "."), id="second"
        ),
        pytest.param(
            {"main.py": BOT, "app.py": BOT}, ".", ("main.py", None, "main", "."), id="both"
        ),
        pytest.param(
            {"main.py": "x=1"}, ".", ("main.py", None, "main", "."), id="bot from elsewhere"
        ),
        pytest.param(
            {"mine.py": BOT, "x.py": ""}, ".", ("mine.py", None, "mine", "."), id="only one"
        ),
        pytest.param(
            {"mine.py": BOT, "test_mine.py": BOT},
            ".",
            ("mine.py", None, "mine", "."),
            id="and a test",
        ),
        pytest.param(
            {"a/main.py": BOT}, "a", ("a/main.py", None, "main", "a"), id="another folder"
        ),
        pytest.param({"a/m.py": BOT}, "a/m.py", ("a/m.py", None, "m", "a"), id="a file"),
        pytest.param({"m.py": BOT}, "m.py:B", ("m.py", "B", "m", "."), id="a name in a file"),
        pytest.param({"m.py": BOT}, "m:B.x", ("m.py", "B.x", "m", "."), id="a name in a module"),
        pytest.param({"m.py": BOT}, "m:B", ("m.py", "B", "m", "."), id="module and name"),
        pytest.param(
            {"p/__init__.py": "", "p/m.py": BOT}, "p.m:B", ("p/m.py", "B", "p.m", "."), id="dotted"
        ),
        pytest.param(
            {"p/__init__.py": BOT}, "p:B", ("p/__init__.py", "B", "p", "."), id="a package"
        ),
        pytest.param(
            {"poe.toml": '[dev]\ntarget = "src/x.py"', "src/x.py": BOT, "main.py": BOT},
            ".",
            ("src/x.py", None, "x", "."),
            id="named in poe.toml",
        ),
        pytest.param(
            {"poe.toml": '[dev]\ntarget = "x:B"', "x.py": BOT},
            ".",
            ("x.py", "B", "x", "."),
            id="module in poe.toml",
        ),
        pytest.param(
            {"poe.toml": '[dev]\ntarget = "src"', "src/bot.py": BOT},
            ".",
            ("src/bot.py", None, "bot", "."),
            id="folder in poe.toml",
        ),
        pytest.param(
            {"poe.toml": "", "src/x.py": BOT},
            "src/x.py",
            ("src/x.py", None, "x", "."),
            id="the project is above the file",
        ),
        pytest.param(
            {"poe.toml": '[dev]\ntarget = "main.py"', "main.py": BOT, "docs/a.txt": ""},
            "docs",
            ("main.py", None, "main", "."),
            id="a folder without a bot means the project",
        ),
        pytest.param(
            {"poe.toml": '[dev]\ntarget = "main.py"', "main.py": BOT, "two/bot.py": BOT},
            "two",
            ("two/bot.py", None, "bot", "."),
            id="a folder with a bot means that bot",
        ),
    ],
)
def test_a_target_is_found(
    tmp_path: Path, files: Files, text: str, expected: tuple[str, str | None, str, str]
) -> None:
    """A folder, a file and module:name each lead to the file, its name and its folder."""
    file, attribute, module, root = expected
    lay_out(tmp_path, files)

    found = Target.parse(text, tmp_path)

    assert found.file == (tmp_path / file).resolve()
    assert (found.attribute, found.module) == (attribute, module)
    assert found.root == (tmp_path / root).resolve()


@pytest.mark.parametrize(
    ("files", "text", "id", "said"),
    [
        pytest.param({}, "x.py", "no-such-file", "x.py", id="no file"),
        pytest.param({"main.py": BOT}, "mian.py", "no-such-file", "main.py", id="file misspelt"),
        pytest.param(
            {"my-bot/main.py": BOT}, "my-bott", "no-such-file", "mean 'my-bot'?", id="a near folder"
        ),
        pytest.param({".venv/a": ""}, "vens", "no-such-file", "Name a folder", id="a far word"),
        pytest.param(
            {"a b/x.py": BOT, "c/y.py": BOT}, ".", "several-bots", "'a b/x.py'", id="with a blank"
        ),
        pytest.param({}, "x:B", "no-such-file", "x:B", id="no module"),
        pytest.param({}, ".", "no-bot", "no Python file", id="an empty folder"),
        pytest.param({"a.py": "", "b.py": "x=1"}, ".", "no-bot", "a.py, b.py", id="no bot"),
        pytest.param({"x.py": BOT, "y.py": BOT}, ".", "several-bots", "y.py", id="two files"),
        pytest.param(
            {"poe.toml": '[dev]\ntarget = "z.py"', "y.py": BOT}, ".", "no-such-file", "y.py",
            id="poe.toml names a file that is not there",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(
    tmp_path: Path, files: Files, text: str, id: str, said: str
) -> None:
    """No file, no bot and several bots are three errors, each with what was found."""
    lay_out(tmp_path, files)

    with pytest.raises(BotLoadError) as caught:
        Target.parse(text, tmp_path)

    error = caught.value
    assert (error.id, error.exit_code) == (id, ExitCode.BOT_NOT_LOADED)
    assert said in f"{error.message} {error.why} {error.hint} {error.detail}"


def test_reading_a_target_does_not_import_the_sdk() -> None:
    """The parent and `poe chat` read targets without paying for fastapi_poe."""
    code = "import sys, poecli.config.target; print('fastapi_poe' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


@pytest.mark.parametrize("place", ["mybot/bot.py", "src/mybot/bot.py", "mybot/__init__.py"])
def test_the_only_bot_of_a_packages_project(tmp_path: Path, place: str) -> None:
    """A project's folder is enough where one package of it has the bot, below src/ too."""
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    (file.parent / "__init__.py").touch()
    file.write_text("import fastapi_poe as fp\n\n\nclass Bot(fp.PoeBot):\n    pass\n")

    target = Target.parse(".", tmp_path)

    assert target.file == file
    assert target.import_root == file.parent.parent
