from __future__ import annotations

import json
from pathlib import Path

from poecli.errors import ExitCode
from tests.poe import poe, poe_in

BOT = """
import fastapi_poe as fp

class Helper(fp.PoeBot):
    async def get_response(self, request):
        message = request.query[-1]
        if message.content == "call":
            async for _ in fp.stream_request(request, "Other", request.access_key):
                pass
        for attachment in message.attachments:
            yield fp.PartialResponse(text=f"{attachment.name} ")
        yield fp.PartialResponse(text=f"{message.content}!")

    async def get_settings(self, setting):
        return fp.SettingsResponse(
            response_version=2, allow_attachments=True, server_bot_dependencies={"Other": 1}
        )
"""
GOOD = '[[turn]]\nuser = "call"\n[turn.expect]\ntext.equals = "call!"\ncalls.Other = 1\n'
BAD = '[[turn]]\nuser = "Hi"\n[turn.expect]\ntext.equals = "Hi?"\n'


async def test_the_conversations_of_a_project_are_part_of_its_check(tmp_path: Path) -> None:
    """Each counts as a rule: one that holds has passed, one that does not is a fault, code 1."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "good.chat.toml").write_text(GOOD)
    (tmp_path / "tests" / "bad.chat.toml").write_text(BAD)

    code, out, err = await poe_in(tmp_path, "check", ".", "--json", "--level", "must")

    report = json.loads(out)
    faults = [fault for fault in report["faults"] if fault["rule"].startswith("tests/")]
    assert code == ExitCode.AT_FAULT, err
    assert "tests/good.chat.toml" in report["passed"]
    assert [fault["findings"][0]["place"] for fault in faults] == ["tests/bad.chat.toml:1"]
    assert faults[0]["findings"][0]["detail"] == "turn 1: the text is 'Hi!', not 'Hi?'"


async def test_a_chat_becomes_a_test_that_passes(tmp_path: Path) -> None:
    """`poe chat`, --from-session, `poe check`: files are found again from the folder of tests."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "note.txt").write_text("some words")
    _, _, err = await poe_in(tmp_path, "chat", ".", "-m", "see", "-a", "note.txt")
    _, listed, _ = await poe_in(tmp_path, "chat", "--list", "--json")
    chat = json.loads(listed)["chats"][0]["id"]

    write = ("check", "--from-session", chat, "--write", "tests/see.chat.toml")
    code, _, err = await poe_in(tmp_path, *write)
    again, _, refused = await poe_in(tmp_path, *write)

    assert code == 0, err
    assert (again, "already exists" in refused) == (ExitCode.USAGE, True)
    written = (tmp_path / "tests" / "see.chat.toml").read_text()
    assert 'attachments = ["../note.txt"]' in written
    assert 'text.equals = "note.txt see!"' in written
    _, out, _ = await poe_in(tmp_path, "check", ".", "--json")
    assert "tests/see.chat.toml" in json.loads(out)["passed"]


def test_a_file_to_write_needs_a_chat() -> None:
    """--write alone would check the bot, and write nothing."""
    ran = poe("check", "--write", "tests/see.chat.toml")
    assert (ran.code, "--write is for --from-session." in ran.stderr) == (ExitCode.USAGE, True)
