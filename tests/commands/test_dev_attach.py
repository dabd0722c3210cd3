"""`poe dev --attach`: what it takes, and what it tells."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poecli.commands.dev.attach import attach
from poecli.commands.dev.command import dev as dev_command
from poecli.commands.dev.flags import DevFlags
from poecli.errors import UsageError
from poecli.terminal.console import Console
from tests.needs import needs
from tests.node_bot import node
from tests.poe import dev
from tests.scripted import Answer, scripted_server


def quiet() -> Console:
    return Console(io.StringIO(), io.StringIO(), io.StringIO(), {})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"target": "main.py"}, "TARGET"),
    ({"host": "0.0.0.0"}, "--host"),  # noqa: S104 - refused
    ({"bot": ("A=mock",), "seed": 3}, "--bot, --seed"),
    ({"reload": False}, "--no-reload"),
    ({"access_key": "k" * 32}, "--access-key"),
    ({"execute": "true"}, "--exec"),
    ({"port": 0, "save": True}, "--save"),
]


@pytest.mark.parametrize(("given", "named"), REFUSED, ids=[row[1] for row in REFUSED])
def test_flags_of_bots_that_run_here_are_refused(given: dict[str, Any], named: str) -> None:
    flags = replace(DevFlags(), attach_to="http://127.0.0.1:1/", **given)
    with pytest.raises(UsageError, match=rf"^{named} can't be used with --attach\.$"):
        attach(quiet(), flags, "http://127.0.0.1:1/")


def test_a_key_of_a_bot_elsewhere_is_refused_for_one_that_runs_here() -> None:
    with pytest.raises(UsageError, match=r"only be used with --attach\.$"):
        dev_command(quiet(), DevFlags(access_key_file=Path("key")))


def test_a_word_that_is_no_address_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a web address"):
        attach(quiet(), DevFlags(), "my-bot")


@needs("node")
async def test_the_ready_line_names_the_page_and_the_bot_and_open_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tmp_path / "opened"
    monkeypatch.setenv("BROWSER", f"sh -c 'echo %s > {opened}'")
    async with node(tmp_path) as url, dev(tmp_path, "--attach", url, "--open") as poe:
        ready = await poe.line("ready")
        assert ready["attached_to"] == url
        assert ready["playground"] == f"{ready['url']}/_poe/"
        assert await poe.end() == 130
    assert opened.read_text().strip() == ready["playground"]


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process is POSIX's")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_it_ends_also_while_the_bot_does_not_answer(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """It asks for the settings first, of a server that may hang."""
    async with (
        scripted_server(Answer(silent=True)) as server,
        dev(tmp_path, "--attach", server.url) as poe,
    ):
        while not server.requests:  # noqa: ASYNC110 - the server fills it
            await asyncio.sleep(0.02)
        try:
            assert await asyncio.wait_for(poe.end(number), 20) == code
        finally:
            if poe.process.returncode is None:
                poe.process.kill()
