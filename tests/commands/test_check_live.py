"""`poe check` on bots whose upstream bots are the real Poe's, and on bots that keep files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from poecli.errors import ExitCode
from poecli.protocol import events as ev
from tests.emulator.serving import AuthorsBot
from tests.poe import poe, poe_in, user_env
from tests.servers import serving

BOT = """
import fastapi_poe as fp

class Helper(fp.PoeBot):
    async def get_response(self, request):
        with open("notes.txt", "a") as notes:
            notes.write("asked")
        yield fp.PartialResponse(text="hi")
        for bot in ("Other", "Taped") if request.query[-1].content == "call" else ():
            async for piece in fp.stream_request(request, bot, request.access_key):
                yield piece

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"Other": 1, "Taped": 1})
"""
CHAT = '[[turn]]\nuser = "call"\n[turn.expect]\ntext.equals = "hiFrom Poe.From Poe."\n' * 2
ANSWER: list[ev.Event] = [ev.Text("From Poe."), ev.Done()]
LIVE = 'Other = "live"\nTaped = "record:tape.jsonl"'
KEY = f"POE_API_KEY={'k' * 43}\n"


def project(folder: Path, modes: str, base_url: str = "http://127.0.0.1:1") -> Path:
    (folder / "main.py").write_text(BOT)
    (folder / "tests").mkdir()
    (folder / "tests" / "hi.chat.toml").write_text(CHAT)
    (folder / "poe.toml").write_text(f'base_url = "{base_url}"\n[dev.bots]\n{modes}\n')
    return folder


async def test_the_real_poe_is_asked_only_if_told_so(tmp_path: Path) -> None:
    """Not once without --live, which says how many calls it would be; with it, so many."""
    poe_itself = AuthorsBot(ANSWER)
    async with serving(poe_itself.app()) as url:
        (project(tmp_path, LIVE, url) / ".env").write_text(KEY)
        code, out, err = await poe_in(tmp_path, "check", "--json")
        without = len(poe_itself.queries)
        live_code, live_out, live_err = await poe_in(tmp_path, "check", "--json", "--live")

    told = re.search(r"--live would make (\d+) calls to the real Poe \(Other 2, Taped 2\)", err)
    assert told, err
    assert (code, live_code, without) == (ExitCode.DONE, ExitCode.DONE, 0)
    assert len(poe_itself.queries) == int(told[1])
    assert f"This check made {told[1]} calls" in live_err
    assert [u["rule"] for u in json.loads(out)["untested"] if "a mock answered" in u["reason"]] == [
        "tests/hi.chat.toml"
    ]
    assert "tests/hi.chat.toml" in json.loads(live_out)["passed"]


async def test_a_question_that_was_not_recorded_is_not_tested(tmp_path: Path) -> None:
    """It says nothing about the bot, whatever the bot makes of the error."""
    project(tmp_path, 'Taped = "mock"')
    (tmp_path / "tape.jsonl").write_text(
        '{"type": "request", "bot": "Other", "request": {"query": []}}\n'
        '{"type": "event", "at_ms": 1, "event": "done", "data": "{}"}\n{"type": "end"}\n'
    )
    replay = ("--bot", "Other=replay:tape.jsonl", "-m", "call")
    code, out, err = await poe_in(tmp_path, "check", *replay, "--json", "--level", "advice")

    report = json.loads(out)
    reasons = {each["rule"]: each["reason"] for each in report["untested"]}
    assert (code, report["faults"]) == (ExitCode.DONE, [])
    for rule in ("unexpected-exception", "tests/hi.chat.toml"):
        assert "tape.jsonl has no answer to this request" in reasons[rule]
    assert "Your bot wrote to its own files while it was checked: notes.txt." in err
    assert not (tmp_path / ".poe").exists()


@pytest.mark.parametrize(
    ("target", "arguments", "code", "says"),
    [
        ("", ("--live",), ExitCode.KEY, "API key"),
        ("http://127.0.0.1:1/", ("--live",), ExitCode.USAGE, "--live"),
        ("", ("--bot", "Other=liev"), ExitCode.USAGE, "live"),
        ("", ("--fault", "stopp"), ExitCode.USAGE, "stop"),
    ],
    ids=["no key", "a URL", "a mode", "a fault"],
)
def test_what_can_not_be_is_said_before_anything_starts(
    target: str, arguments: tuple[str, ...], code: ExitCode, says: str, tmp_path: Path
) -> None:
    """Without a request to anybody."""
    folder = str(project(tmp_path, LIVE))
    ran = poe("check", target or folder, *arguments, env=user_env(tmp_path / "home"))
    assert (ran.code, ran.stdout) == (code, "")
    assert says in ran.stderr
