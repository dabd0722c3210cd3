"""`poe check` from the command line: a URL, a bot in a file, a bot in another language."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from poecli.errors import ExitCode
from tests.conformance.bots import KEY, Bot, Says, serving
from tests.needs import needs
from tests.node_bot import node
from tests.poe import Ran, poe, poe_in, user_env
from tests.scripted import DONE
from tests.servers import closed_port

ECHO = """
import fastapi_poe as fp

class Echo(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=request.query[-1].content)
"""
CALLER = """
import fastapi_poe as fp

class Caller(fp.PoeBot):
    async def get_response(self, request):
        async for piece in fp.stream_request(request, "Some-Bot", request.access_key):
            yield piece
"""


async def check(folder: Path, *arguments: str, **env: str) -> Ran:
    """`poe check` beside the loop that serves the bot."""
    user = user_env(folder / "home", **env)
    return await asyncio.to_thread(poe, "check", *arguments, env=user)


def rules(ran: Ran) -> tuple[int, list[str]]:
    """The exit code, and the rules of the faults that --json tells."""
    assert ran.stdout, ran.stderr
    return ran.code, [fault["rule"] for fault in json.loads(ran.stdout)["faults"]]


async def faults(folder: Path, *arguments: str, **env: str) -> tuple[int, list[str]]:
    return rules(await check(folder, *arguments, "--json", **env))


async def test_a_sound_bot_at_a_url(tmp_path: Path) -> None:
    """Exit code 0, and the report on stdout."""
    async with serving(Bot()) as url:
        code, stdout, stderr = await check(tmp_path, url, POE_ACCESS_KEY=KEY)
    assert (code, stderr) == (ExitCode.DONE, "")
    assert "0 faults" in stdout
    assert KEY not in stdout


async def test_a_fault_is_exit_code_1(tmp_path: Path) -> None:
    """What was found decides, and --level says from which rules on."""
    async with serving(Says(DONE)) as url:
        assert await faults(tmp_path, url, POE_ACCESS_KEY=KEY) == (
            ExitCode.AT_FAULT,
            ["empty-answer"],
        )
    async with serving(Says(b"event: sparkle\ndata: {}\n\n", b"event: text\ndata: {}\n\n")) as url:
        only = ("--only", "unknown-event")
        assert (await faults(tmp_path, url, *only, POE_ACCESS_KEY=KEY))[0] == ExitCode.DONE
        strict = (*only, "--level", "advice")
        assert (await faults(tmp_path, url, *strict, POE_ACCESS_KEY=KEY))[0] == ExitCode.AT_FAULT


async def test_nobody_there(tmp_path: Path) -> None:
    """An address without a bot is exit code 4, with words on stderr."""
    code, stdout, stderr = await check(tmp_path, f"http://127.0.0.1:{closed_port()}/")
    assert (code, stdout) == (ExitCode.NOT_REACHABLE, "")
    assert "Can't connect" in stderr


async def test_a_bot_in_a_folder(tmp_path: Path) -> None:
    """It is started, checked and ended; fastapi_poe's own defaults break no rule."""
    (tmp_path / "main.py").write_text(ECHO)
    assert rules(await poe_in(tmp_path, "check", ".", "--json")) == (ExitCode.DONE, [])


async def test_a_call_that_is_not_declared(tmp_path: Path) -> None:
    """The local Poe sees the call; the exception that it causes is not told as well."""
    (tmp_path / "main.py").write_text(CALLER)
    ran = await poe_in(tmp_path, "check", "--json")
    assert rules(ran) == (ExitCode.AT_FAULT, ["dependency-undeclared"])


@pytest.mark.parametrize("name", ["text", "junit", "sarif", "github"])
async def test_every_format_is_printed(tmp_path: Path, name: str) -> None:
    """Each names the rule, and the exit code is the same."""
    async with serving(Says(DONE)) as url:
        code, stdout, _ = await check(tmp_path, url, "--format", name, POE_ACCESS_KEY=KEY)
    assert code == ExitCode.AT_FAULT
    assert "empty-answer" in stdout


@needs("node")
async def test_a_bot_in_another_language(tmp_path: Path) -> None:
    """A Node server is checked by its URL, sound and broken."""
    async with node(tmp_path) as url:
        assert await faults(tmp_path, url, POE_ACCESS_KEY=KEY) == (ExitCode.DONE, [])
    async with node(tmp_path, FORGETS_DONE="1") as url:
        assert await faults(tmp_path, url, POE_ACCESS_KEY=KEY) == (ExitCode.AT_FAULT, ["no-done"])


async def test_rules_are_explained_offline(tmp_path: Path) -> None:
    """One rule, all of them, and a near name for a wrong one."""
    assert (await check(tmp_path, "--explain", "no-done"))[1].startswith("no-done  (must")
    lines = (await check(tmp_path, "--explain", "all", "--json"))[1].splitlines()
    assert len(lines) > 70
    assert {json.loads(line)["type"] for line in lines} == {"rule"}
    code, _, stderr = await check(tmp_path, "--explain", "no-dome")
    assert (code, "poe check --explain no-done" in stderr) == (ExitCode.USAGE, True)
