"""`poe replay` on exported turns: real processes from the start to the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from poecli.errors import ExitCode
from poecli.turns.exporting import export_turns
from poecli.turns.kept import KeptAnswer, KeptTurn
from tests.poe import poe, poe_in
from tests.scripted import DONE, text

BOT = """
import fastapi_poe as fp

class Echo(fp.PoeBot):
    async def get_response(self, request):
        if request.query[-1].content == "boom":
            raise RuntimeError("out of cheese")
        yield fp.PartialResponse(text=f"{request.query[-1].content}!")
"""


def kept(number: int, asked: str, answered: str, **changes: Any) -> KeptTurn:
    message = {"role": "user", "content": asked}
    request = {"version": "1.2", "type": "query", "query": [message]}
    request |= {"user_id": "u", "conversation_id": "c", "message_id": f"m{number}", "metadata": ""}
    answer = KeptAnswer(b"".join((text(answered), DONE)).decode(), total_ms=10.0)
    return KeptTurn(number, f"run-{number}", 1, "Echo", request, answer, **changes)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A bot, and three turns: one as it answers, one as it does not, one of an older version."""
    (tmp_path / "main.py").write_text(BOT)
    turns = [kept(1, "Hi", "Hi!"), kept(2, "Ho", "Ho?"), kept(3, "old", "", whole=False)]
    export_turns(turns, tmp_path / "turns.jsonl")
    return tmp_path


async def test_a_difference_is_shown_and_then_accepted(project: Path) -> None:
    """Exit code 1 with the word that differs; what was accepted is expected from then on."""
    code, stdout, _ = await poe_in(project, "replay", "turns.jsonl", "--accept")
    again = await poe_in(project, "replay", "turns.jsonl", "--json")

    assert code == ExitCode.DONE
    assert '#2 "Ho"' in stdout
    assert "    text: Ho[-?-]{+!+}" in stdout.splitlines()
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line["outcome"] for line in lines[:-1]] == ["same", "same", "untested"]
    assert (again.code, lines[-1]["ok"], lines[-1]["differ"]) == (ExitCode.DONE, True, 0)


async def test_ci_gets_a_test_for_each_turn(project: Path) -> None:
    """Exit code 1, a failure with the word, and the command that accepts it."""
    code, stdout, _ = await poe_in(project, "replay", "turns.jsonl", "--format", "junit")

    suite = ET.fromstring(stdout)[0]  # noqa: S314 - our own
    failures = {case.get("name"): case.findtext("failure") for case in suite}
    assert code == ExitCode.AT_FAULT
    assert failures["turn 1"] is None
    assert "Ho[-?-]{+!+}" in str(failures["turn 2"])
    assert "poe replay 2 --accept" in str(failures["turn 2"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "No turn yet."),
        (("7",), "No turn yet."),
        (("--last", "1", "7"), "--last and turns by number exclude each other."),
        (("--like", "no-such.chat.toml"), "no-such.chat.toml"),
        (("--json", "--format", "junit"), "--json and --format junit are two formats."),
    ],
)
def test_what_can_not_be_replayed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    """Wrong usage is exit code 2, before anything is started."""
    monkeypatch.chdir(tmp_path)

    ran = poe("replay", *arguments)

    assert (ran.code, words in ran.stderr) == (ExitCode.USAGE, True), ran
