"""`poe check` on projects that are broken in what no request shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.poe import poe_in

HEAD = """
import os
import fastapi_poe as fp

class Helper(fp.PoeBot):
    async def get_response(self, request):
        text = request.query[-1].content
"""
SAYS = HEAD + "        yield fp.PartialResponse(text=text)\n"
DECLARES = """
    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"A": 1})
"""
ASKS = """
        if text == "call":
            async for part in fp.stream_request(request, "A", request.access_key):
                yield part
"""
NAMED = "[bots.Helper]\n"
OPEN = "\napp = fp.make_app(Helper(), allow_without_key=True)\n"
# name -> (main.py, poe.toml, each rule that finds something, and where it is seen)
BROKEN = {
    "a deployed bot": (
        "import helper" + SAYS + DECLARES,
        NAMED + 'url = "http://bot.example/"\naccess_key = "env:POE_API_KEY"\n',
        {
            "api-key-as-access-key": "poe.toml:3",
            "blocking-call": "helper.py:4",
            "dependency-unused": None,
            "url-not-https": "poe.toml:2",
        },
    ),
    "a bot open to all": (SAYS + OPEN, NAMED, {"access-key-missing": "main.py:10"}),
    "an answer that is no response": (
        HEAD + "        yield 'You said: ' + text\n",
        NAMED,
        {"yield-not-a-response": "main.py:8"},
    ),
}
HELPER = "import subprocess\n\nasync def work():\n    subprocess.run(['true'], check=True)\n"


async def found(folder: Path, main: str, toml: str, *flags: str) -> list[tuple[str, list[str]]]:
    """The faults that are told: each rule, and its places."""
    (folder / "main.py").write_text(main)
    (folder / "poe.toml").write_text(toml)
    (folder / "helper.py").write_text(HELPER)
    code, stdout, stderr = await poe_in(folder, "check", ".", "--json", *flags)
    assert stdout, (code, stderr)
    return [
        (fault["rule"], [finding["place"] for finding in fault["findings"]])
        for fault in json.loads(stdout)["faults"]
    ]


@pytest.mark.parametrize(("main", "toml", "faults"), BROKEN.values(), ids=BROKEN)
async def test_each_fault_of_a_project_is_found_by_its_rule(
    tmp_path: Path, main: str, toml: str, faults: dict[str, str | None]
) -> None:
    """And by no other; with the place in the author's own file, where there is one."""
    assert {rule: places[-1] for rule, places in await found(tmp_path, main, toml)} == faults


async def test_a_declared_bot_that_some_message_leads_to_is_no_fault(tmp_path: Path) -> None:
    """The questions of the check do not reach the call, but it is there."""
    assert await found(tmp_path, SAYS + ASKS + DECLARES, NAMED) == []


async def test_a_text_that_only_the_run_shows_is_told_as_what_it_is(tmp_path: Path) -> None:
    """Not as an exception that escaped: the author never raised one."""
    main = HEAD + "        yield text\n"
    assert [rule for rule, _ in await found(tmp_path, main, NAMED)] == ["yield-not-a-response"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
async def test_a_server_that_cuts_answers_is_found_if_told_to_look(tmp_path: Path) -> None:
    """fp.run does; the bot is started anew, by its main block."""
    main = SAYS + "\nif __name__ == '__main__':\n    fp.run(Helper())\n"
    only = ("--restart", "--only", "restart-cuts-answers")
    assert await found(tmp_path, main, NAMED, *only) == [("restart-cuts-answers", ["main.py:11"])]
