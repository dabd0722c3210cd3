"""poe.toml: what it says, and what is said about a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.project import BotEntry, DevTable, find_project, project_or_why, read_project
from poecli.errors import ExitCode, ProjectFileError

WHOLE = """
base_url = "http://127.0.0.1:9/"

[bots.my-bot]
path = "/a"
url = "https://bot.example.com"
access_key = "env:MY_KEY"

[bots.other]
target = "bots/other.py"

[dev]
target = "main.py"
host = "127.0.0.1"
port = 8081
balance = 500
faults = ["cut"]
allow_hosts = ["api.poe.com"]

[dev.bots]
"GPT-3.5-Turbo" = "mock"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "poe.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_of_the_file_arrives(tmp_path: Path) -> None:
    """A file with every key gives each value its place."""
    project = read_project(written(tmp_path, WHOLE))

    assert project.root == tmp_path
    assert project.base_url == "http://127.0.0.1:9/"
    assert project.bots == {
        "my-bot": BotEntry("my-bot", "/a", "https://bot.example.com", "MY_KEY"),
        "other": BotEntry("other", target="bots/other.py"),
    }
    assert [bot.name for bot in project.bots_elsewhere] == ["other"]
    assert project.dev == DevTable(
        target="main.py",
        host="127.0.0.1",
        port=8081,
        balance=500,
        faults=("cut",),
        allow_hosts=("api.poe.com",),
        bots={"GPT-3.5-Turbo": "mock"},
    )


def test_an_empty_file_is_a_project(tmp_path: Path) -> None:
    """Nothing in the file has to be there."""
    assert read_project(written(tmp_path, "")).bots == {}


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """Editors on Windows write a byte order mark."""
    (tmp_path / "poe.toml").write_bytes(b"\xef\xbb\xbf[bots.abcd]\n")
    assert list(read_project(tmp_path / "poe.toml").bots) == ["abcd"]


@pytest.mark.parametrize(
    ("text", "line", "says", "hint"),
    [
        pytest.param("[dev]\nprot = 1", 2, "unknown key 'prot'", "'port'", id="key"),
        pytest.param("[def]\n", 1, "unknown key 'def'", "'dev'", id="table"),
        pytest.param("[dev]\n\nport = '1'", 3, "port must be a number", "port = 8080", id="type"),
        pytest.param("[dev]\nport = true", 2, "port must be a number", "port = 8080", id="bool"),
        pytest.param("bots = 3", 1, "bots must be a table", "[bots.my-bot]", id="bots no table"),
        pytest.param(
            "[bots]\nabcd = 1", 2, "[bots.abcd] must be a table", "[bots.abcd]", id="bot no table"
        ),
        pytest.param("[bots.abcd]\nurll = ''", 2, "unknown key 'urll'", "'url'", id="bot key"),
        pytest.param(
            "[bots.abcd]\npath = 'x'", 2, "must start with a slash", 'path = "/"', id="path"
        ),
        pytest.param("[bots.abcd]\nurl = 'x.y'", 2, "not a web address", 'url = "', id="url"),
        pytest.param("[bots.abcd]\nurl = 'http://['", 2, "not a web address", "", id="url bracket"),
        pytest.param("[bots.abcd]\nurl = 'https://u:p@x'", 2, "not a web", "", id="url password"),
        pytest.param("[bots.e]", 1, "can't be the name", '[bots."e-bot"]', id="short handle"),
        pytest.param("[bots.'a b c']", 1, "can't be the name", '[bots."a-b-c"]', id="a space"),
        pytest.param("[dev]\nport = 99999", 2, "between 0 and 65535", "8080", id="high port"),
        pytest.param("[dev]\nport = -1", 2, "between 0 and 65535", "8080", id="negative port"),
        pytest.param("[dev]\nkeep_days = 0", 2, "1 or more", "keep_days = 30", id="no days"),
        pytest.param("[dev]\nbalance = -5", 2, "0 or more", "balance = ", id="negative balance"),
        pytest.param(
            "[dev]\nallow_hosts = ['http://x']",
            2,
            "not the name of a host",
            "api",
            id="host scheme",
        ),
        pytest.param("[dev]\nallow_hosts = ['x:80']", 2, "not the name", "api", id="host port"),
        pytest.param(
            "base_url = 'api.poe.com'", 1, "not a web address", "base_url", id="no scheme"
        ),
        pytest.param(
            '[dev.bots]\nGPT-3.5-Turbo = "mock"',
            2,
            "in quotes",
            '"GPT-3.5-Turbo" = "mock"',
            id="quotes",
        ),
        pytest.param(
            "[bots.abcd]\naccess_key = 'abc'", 2, "never the key itself", "env:", id="key in file"
        ),
        pytest.param("[dev]\nfaults = [1]", 2, "list of text", 'faults = ["cut"]', id="faults"),
        pytest.param(
            "[dev]\nbots = 1", 2, "bots must be a table", "[dev.bots]", id="modes no table"
        ),
        pytest.param("base_url = 1", 1, "base_url must be text", "base_url = ", id="base_url"),
        pytest.param("[dev.bots]\nx = 1", 2, "the mode of a bot", '"x" = "mock"', id="mode"),
        pytest.param("[dev]\nport = ", 2, "not valid TOML", "quotes", id="syntax"),
        pytest.param(
            "[bots.abcd]\ndeploy = 1", 2, "deploy must be a table", "deploy]", id="deploy no table"
        ),
        pytest.param(
            "[bots.abcd.deploy]\nto = 'modul'",
            2,
            "'modul' is not a place",
            '"modal"',
            id="deploy to",
        ),
        pytest.param(
            "[bots.abcd.deploy]\nto = 1", 2, "1 is not a place", '"command"', id="deploy to number"
        ),
        pytest.param(
            "\n[bots.abcd.deploy]\napp = 'x'", 2, "key `to` is missing", '"fly"', id="deploy no to"
        ),
        pytest.param(
            "[bots.abcd.deploy]\nto = 'fly'\nimage = 'x'", 3, "unknown key", "Known", id="its keys"
        ),
        pytest.param(
            "[bots.abcd.deploy]\nto = 'docker'", 1, "needs image", "image = ", id="needs image"
        ),
        pytest.param(
            "[bots.abcd.deploy]\nto = 'command'\ncommand = ' '", 3, "empty", "{build}", id="blank"
        ),
        pytest.param(
            "[bots.abcd.deploy]\nto = 'docker'\nimage = 'me/bot:latest'",
            3,
            "the tag is the build",
            "image = ",
            id="image with tag",
        ),
    ],
)
def test_a_broken_file_gives_line_and_key(
    tmp_path: Path, text: str, line: int, says: str, hint: str
) -> None:
    """The error names file, line, what is wrong, and a likely cure."""
    file = written(tmp_path, text)

    with pytest.raises(ProjectFileError) as caught:
        read_project(file)

    assert caught.value.message.startswith(f"{file}:{line}")
    assert says in caught.value.message
    assert caught.value.hint
    assert hint in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_key_written_in_dots_has_its_line_and_its_table(tmp_path: Path) -> None:
    """However a table is written, its keys are found."""
    file = written(tmp_path, "[bots]\nabcd.b = 1")

    with pytest.raises(ProjectFileError) as caught:
        read_project(file)

    assert caught.value.message.startswith(f"{file}:2: unknown key 'b'")
    assert "[bots.abcd]" in caught.value.why


def test_a_key_outside_of_the_tables_is_placed(tmp_path: Path) -> None:
    """An unknown table, wherever it is, stands at the top level."""
    with pytest.raises(ProjectFileError) as caught:
        read_project(written(tmp_path, "[dev]\n[dve]\n"))

    assert caught.value.why == "It is at the top level of the file."


def test_a_key_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    """A key that should not be there does not reach the screen either."""
    file = written(tmp_path, "[bots.abcd]\naccess_key = 'made-up-key-of-a-test'")

    with pytest.raises(ProjectFileError) as caught:
        read_project(file)

    assert "made-up-key" not in str(caught.value.as_json())


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", None], ids=["not utf-8", "a folder"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, data: bytes | None) -> None:
    """Bytes that are no text, or no file at all, are an error of the project file."""
    file = tmp_path / "poe.toml"
    file.mkdir() if data is None else file.write_bytes(data)

    with pytest.raises(ProjectFileError, match="can't be read"):
        read_project(file)


def test_a_broken_file_can_be_passed_over(tmp_path: Path) -> None:
    """Who can go on without it gets the folder of the file, and the error."""
    file = written(tmp_path, "[dev]\nport = ")
    (tmp_path / "below").mkdir()

    project, error = project_or_why(tmp_path / "below")

    assert (project.root, project.file) == (tmp_path, None)
    assert str(file) in str(error)


def test_the_nearest_file_above_is_found(tmp_path: Path) -> None:
    """A command typed in a subfolder finds the project."""
    written(tmp_path, "[bots.abcd]")
    below = tmp_path / "x" / "y"
    below.mkdir(parents=True)

    assert find_project(below).root == tmp_path.resolve()


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    """A poe.toml above the git repository belongs to somebody else."""
    written(tmp_path, "[bots.abcd]")
    below = tmp_path / "repo"
    (below / ".git").mkdir(parents=True)

    assert find_project(below).file is None
