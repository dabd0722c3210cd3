"""flag > environment > .env > poe.toml > default, each value with its source."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from poecli.config.settings import Environment, SettingNames, base_url, read_environment, settle
from poecli.errors import UsageError

DOTENV = """\
A=one
B=${A}/two
C=${FROM_OUTSIDE}
D=${NOT_SET:-fallback}
E=${NOT_SET}
BOTH=file
F=${BOTH}
G=$A
H='${A}'
I="${A} and ${B}"
EMPTY=
export J=${D}
K=${K}
"""
_DUMP = "json.dumps({k: os.environ.get(k) for k in 'A B C D E BOTH F G H I EMPTY J K'.split()})"
LOADED = f"import json, os, dotenv; dotenv.load_dotenv('.env'); print({_DUMP})"
READ = (
    "import json, os, pathlib; from poecli.config.settings import read_dotenv;"
    "[os.environ.setdefault(k, v) for k, v in read_dotenv(pathlib.Path()).items()];"
    f"print({_DUMP})"
)
PORT = SettingNames("--port", "POE_PORT", "[dev] port")


@pytest.mark.parametrize(
    ("flag", "process", "dotenv", "project", "value", "source"),
    [
        pytest.param(1, "2", "3", 4, 1, "--port", id="flag"),
        pytest.param(None, "2", "3", 4, 2, "POE_PORT (environment)", id="environment"),
        pytest.param(None, "", "3", 4, 3, "POE_PORT (.env)", id=".env, the other is empty"),
        pytest.param(None, "", "", 4, 4, "poe.toml, [dev] port", id="poe.toml"),
        pytest.param(None, "", "", None, 5, "default", id="default"),
        pytest.param(0, "2", "", 4, 0, "--port", id="a flag of zero is a flag"),
    ],
)
def test_the_strongest_value_wins(
    flag: int | None, process: str, dotenv: str, project: int | None, value: int, source: str
) -> None:
    """Each place gives way to the ones above it."""
    environment = Environment({"POE_PORT": process}, {"POE_PORT": dotenv})

    setting = settle(
        PORT, flag=flag, environment=environment, project=project, default=5, parse=int
    )

    assert (setting.value, setting.source) == (value, source)


def test_a_variable_that_cannot_be_read_is_told() -> None:
    """The error names the variable and where it stands."""
    with pytest.raises(UsageError, match=r"POE_PORT \(environment\).*'x'"):
        settle(PORT, flag=None, environment=Environment({"POE_PORT": "x"}), default=1, parse=int)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param(
            "A=1\nexport B='two words'\n# C=3\n", {"A": "1", "B": "two words"}, id="forms"
        ),
        pytest.param("\ufeffA=1\r\nB=$A\r\n", {"A": "1", "B": "$A"}, id="windows, no braces"),
        pytest.param("A=\n\n", {}, id="nothing set"),
    ],
)
def test_dotenv_is_read_as_it_is_written(tmp_path: Path, text: str, values: dict[str, str]) -> None:
    """Quotes, export and comments are known; without braces nothing is expanded."""
    (tmp_path / ".env").write_text(text, encoding="utf-8")

    assert read_environment({}, tmp_path).dotenv == values


def test_a_bot_is_given_what_load_dotenv_gives(tmp_path: Path) -> None:
    """References to other variables, defaults, empty values: as if the bot read its .env itself."""
    (tmp_path / ".env").write_text(DOTENV, encoding="utf-8")
    environment = {**os.environ, "FROM_OUTSIDE": "outside", "BOTH": "outside"}

    loaded, read = (
        json.loads(
            subprocess.check_output([sys.executable, "-c", code], env=environment, cwd=tmp_path)
        )
        for code in (LOADED, READ)
    )

    assert read == loaded
    assert (read["B"], read["C"], read["D"]) == ("one/two", "outside", "fallback")


def test_no_dotenv_is_no_error(tmp_path: Path) -> None:
    """Most projects have no .env."""
    assert read_environment({"A": "1"}, tmp_path).find("A") is not None


def test_a_folder_by_the_name_of_the_dotenv_is_none(tmp_path: Path) -> None:
    """Some call an environment of Python's so."""
    (tmp_path / ".env").mkdir()
    assert read_environment({"A": "1"}, tmp_path).find("A") is not None


def test_a_dotenv_that_is_no_text_is_told(tmp_path: Path) -> None:
    """A binary .env is an error with the file's name."""
    (tmp_path / ".env").write_bytes(b"\xff\xfe\xff")

    with pytest.raises(UsageError, match=r"\.env can't be read"):
        read_environment({}, tmp_path)


def test_an_environment_does_not_show_its_values() -> None:
    """The values may be keys."""
    assert "hidden-value" not in repr(Environment({"K": "hidden-value"}, {"K": "hidden-value"}))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        pytest.param(None, "https://api.poe.com", id="default"),
        pytest.param("http://127.0.0.1:8080", "http://127.0.0.1:8080", id="local"),
        pytest.param("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080", id="with /v1/"),
        pytest.param("https://api.poe.com/v1", "https://api.poe.com", id="with /v1"),
    ],
)
def test_the_base_url_is_cut_to_the_host(given: str | None, url: str) -> None:
    """People copy the OpenAI form of the address, with /v1."""
    assert base_url(Environment({"POE_BASE_URL": given or ""})).value == url


def test_a_base_url_without_a_scheme_is_told() -> None:
    """api.poe.com alone is no address."""
    with pytest.raises(UsageError, match="not a web address"):
        base_url(Environment({}), "api.poe.com")


def test_a_proxy_that_nobody_can_use_is_told(tmp_path: Path) -> None:
    """Only the bot reads it there, and its own calls would fail at the author's line."""
    (tmp_path / ".env").write_text("HTTPS_PROXY=ftp://me:hidden@p:1")
    with pytest.raises(UsageError, match=r"\.env: The proxy in HTTPS_PROXY") as caught:
        read_environment({}, tmp_path)
    assert "hidden" not in str(caught.value.as_json())
