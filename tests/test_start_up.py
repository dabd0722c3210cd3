"""What each way in loads: heavy libraries stay out until they are used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.poe import user_env
from tests.scripted import DONE, Answer, in_a_thread, text
from tests.warm_python import MEASURED

HEAVY = {
    "aiohttp",
    "fastapi",
    "fastapi_poe",
    "httpx",
    "libcst",
    "prompt_toolkit",
    "pydantic",
    "questionary",
    "rich.markdown",
    "sqlite3",
    "watchfiles",
}
# What a question in a pipe that is not kept has no use for.
NOT_IN_A_PIPE = (HEAVY - {"httpx", "pydantic"}) | {
    "markdown_it",
    "poecli.chat.output.live",
    "poecli.chat.toolbox",
    "poecli.client.platform_api",
    "rich",
}
# What the first prompt of a conversation does not wait for: it is loaded while the person types.
NOT_BEFORE_A_PROMPT = (HEAVY - {"prompt_toolkit"}) | {
    "markdown_it",
    "poecli.chats.session",
    "poecli.client.http",
    "poecli.protocol.messages",
    "rich",
}
# Coverage has modules of its own, sqlite3 among them.
_MEASURING = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", MEASURED)
EVEN_TYPER = HEAVY | {"typer", "rich", "dataclasses", "json", "pathlib"}


def modules_loaded(*arguments: str, cwd: Path) -> set[str]:
    """The modules that a run of the real program imports, by -X importtime."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "poecli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name not in _MEASURING},
    )
    names = re.findall(r"^import time:.*\|\s+(\S+)$", done.stderr, re.MULTILINE)
    assert "poecli.commands.app" in names
    return set(names)


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        pytest.param(["--version"], EVEN_TYPER, id="--version"),
        pytest.param([], HEAVY | {"typer", "rich"}, id="bare"),
        pytest.param(["--help"], HEAVY | {"typer", "rich"}, id="--help"),
        pytest.param(["help", "--help"], HEAVY | {"rich"}, id="help --help"),
        pytest.param(["nope"], HEAVY | {"typer", "rich"}, id="typing error"),
    ],
)
def test_a_way_in_loads_nothing_heavy(
    tmp_path: Path, arguments: list[str], forbidden: set[str]
) -> None:
    """None of the forbidden modules is imported on this way in."""
    loaded = modules_loaded(*arguments, cwd=tmp_path)
    site_loads = modules_of_a_bare_start(tmp_path)

    assert not (loaded - site_loads) & forbidden


def test_a_question_in_a_pipe_loads_what_it_needs(tmp_path: Path) -> None:
    """One question and its answer: no painter, no prompt, no tools, nothing of the dev server."""
    with in_a_thread(Answer([text("hello"), DONE])) as server:
        url = f"{server.url}/bot/tester"
        loaded = modules_loaded("chat", url, "-m", "hi", "--no-store", cwd=tmp_path)

        assert server.requests[0].json["type"] == "query"
    assert not loaded & NOT_IN_A_PIPE


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_prompt_stands_before_what_asks_the_bot_is_loaded(tmp_path: Path) -> None:
    """Neither the client nor the store nor the painter delays the first prompt."""
    from tests.chat.terminal import PROMPT, terminal  # noqa: PLC0415 - not there on Windows

    env = user_env(tmp_path, COVERAGE_PROCESS_START="", COVERAGE_PROCESS_CONFIG="")
    options = ("-X", "importtime")
    with (
        in_a_thread(Answer([text("hello"), DONE])) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=env, cwd=tmp_path, python=options
        ) as screen,
    ):
        before, _, _ = screen.wait_for(PROMPT).partition(PROMPT)
    loaded = set(re.findall(r"^import time:.*\|\s+(\S+)$", before, re.MULTILINE))
    assert "poecli.chat.repl.loop" in loaded
    assert not (loaded - modules_of_a_bare_start(tmp_path)) & NOT_BEFORE_A_PROMPT


def modules_of_a_bare_start(cwd: Path) -> set[str]:
    """What the interpreter itself loads here (.pth files of the environment included)."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
    )
    return set(re.findall(r"^import time:.*\|\s+(\S+)$", done.stderr, re.MULTILINE))
