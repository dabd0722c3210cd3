"""`poe trigger`: to a URL in this process, to a running `poe dev` and to a project by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from poecli.errors import ExitCode
from poecli.turns.kept import KeptAnswer
from poecli.turns.writing import TurnWriter
from tests.conformance.bots import (
    KEY,
    AnswersJson,
    Bot,
    FailsAtReports,
    FailsAtSettings,
    HasSettings,
    Says,
    serving,
)
from tests.poe import Ran, dev, finish, poe, poe_in, user_env
from tests.scripted import DONE, event, text
from tests.servers import closed_port

BOT = """
import fastapi_poe as fp

class Helper(fp.PoeBot):
    async def get_response(self, request):
        if request.query[-1].content == "boom":
            raise RuntimeError("out of cheese")
        yield fp.PartialResponse(text=f"{request.query[-1].content} {request.user_id}")
"""
EVENTS = [
    {"event": "text", "data": {"text": "Hello!"}},
    {"event": "done", "data": {}},
]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in that of poe itself, in which a bot would be looked for, for a second."""
    monkeypatch.chdir(tmp_path)


async def trigger(folder: Path, *arguments: str, **env: str) -> Ran:
    """`poe trigger` beside the loop that serves the bot."""
    user = user_env(folder / "home", **env)
    return await asyncio.to_thread(poe, "trigger", *arguments, env=user)


class Keeps(Bot):
    """Keeps what it was sent."""

    body = b""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.body = await request.read()
        return await super().handle(request)


async def test_a_query_is_sent_and_its_answer_shown(tmp_path: Path) -> None:
    """Status, events and the request's size; the fields are as --set says."""
    async with serving(Bot()) as url:
        flags = ("--url", url, "--set", "query.-1.content=Hi there")
        code, stdout, stderr = await trigger(tmp_path, "query", *flags, POE_ACCESS_KEY=KEY)

    assert (code, KEY in stdout + stderr) == (ExitCode.DONE, False)
    assert stdout.startswith("HTTP 200 · text/event-stream · 2 events · first event ")
    assert stdout.splitlines()[1:] == ["  text Hi there", "  done {}"]


async def test_the_answer_as_json(tmp_path: Path) -> None:
    """One object holds the events as they came, the text and the times."""
    async with serving(Bot()) as url:
        ran = await trigger(tmp_path, "query", "--url", url, "--json", POE_ACCESS_KEY=KEY)

    told = json.loads(ran.stdout)
    told = {name: told[name] for name in ("type", "status", "ok", "text", "events")}
    assert told.pop("events") == EVENTS
    assert told == {"type": "trigger", "status": 200, "ok": True, "text": "Hello!"}


@pytest.mark.parametrize(
    ("bot", "arguments", "code", "seen"),
    [
        pytest.param(Bot(), ["settings"], 0, '"response_version": 2', id="settings"),
        pytest.param(HasSettings({}), ["settings"], 1, "response-version-missing", id="linted"),
        pytest.param(FailsAtSettings(), ["settings"], 1, "settings-refused", id="settings refused"),
        pytest.param(Bot(), ["report_error"], 0, "HTTP 200", id="report"),
        pytest.param(FailsAtReports(), ["report_reaction"], 4, "report-refused", id="no report"),
        pytest.param(Says(DONE), ["query"], 1, "empty-answer", id="broken rule"),
        pytest.param(Says(text("a")), ["query"], 1, "no-done", id="cut"),
        pytest.param(AnswersJson(), ["query"], 1, "query-refused", id="no stream"),
        pytest.param(Bot(), ["query", "--remove", "query"], 0, "HTTP 400", id="rightly refused"),
        pytest.param(Bot(), ["settings", "--set", "type=new"], 0, "HTTP 501", id="unknown type"),
        pytest.param(
            Says(event("error", {"text": "no", "error_type": "insufficient_fund"}), DONE),
            ["query"],
            3,
            "insufficient_fund",
            id="error event",
        ),
    ],
)
async def test_the_rules_of_what_was_sent_decide(
    tmp_path: Path, bot: Bot, arguments: list[str], code: int, seen: str
) -> None:
    """The exit code is that of `poe chat` and `poe check`; a broken rule is named."""
    async with serving(bot) as url:
        ran = await trigger(tmp_path, *arguments, "--url", url, POE_ACCESS_KEY=KEY)

    assert (ran.code, seen in ran.stdout) == (code, True), ran


async def test_a_key_that_is_refused(tmp_path: Path) -> None:
    """Exit code 3, and the key is not said."""
    async with serving(Bot()) as url:
        ran = await trigger(tmp_path, "query", "--url", url, POE_ACCESS_KEY="k" * 32)
    assert (ran.code, "k" * 32 in ran.output) == (ExitCode.KEY, False)


async def test_a_file_is_sent_byte_for_byte(tmp_path: Path) -> None:
    """Also one that is no JSON; a bot that answers 400 is right."""
    raw = b'{"type": "query"\r\n\xff\x00'
    (tmp_path / "raw").write_bytes(raw)
    bot = Keeps()
    async with serving(bot) as url:
        ran = await trigger(
            tmp_path, "--raw", str(tmp_path / "raw"), "--url", url, POE_ACCESS_KEY=KEY
        )
    assert (ran.code, bot.body) == (ExitCode.DONE, raw)
    assert ran.stdout.startswith("HTTP 400")


async def test_nobody_there(tmp_path: Path) -> None:
    """An address without a bot is exit code 4."""
    ran = await trigger(tmp_path, "settings", "--url", f"http://127.0.0.1:{closed_port()}/")
    assert (ran.code, ran.stdout) == (ExitCode.NOT_REACHABLE, "")


def test_a_body_is_printed_and_nothing_sent() -> None:
    """Data alone on stdout, to be changed and sent with --raw."""
    ran = poe("trigger", "report_feedback", "--set", "feedback_type=dislike", "--print")
    body: dict[str, Any] = json.loads(ran.stdout)
    assert (ran.code, body["type"], body["feedback_type"]) == (0, "report_feedback", "dislike")


def test_a_curl_command_reads_the_key_from_the_environment(tmp_path: Path) -> None:
    """The key is not in it, and nothing is sent."""
    env = user_env(tmp_path, POE_ACCESS_KEY=KEY)
    ran = poe("trigger", "settings", "--curl", "--url", "http://127.0.0.1:9/", env=env)
    assert (ran.code, KEY in ran.stdout) == (0, False)
    assert '-H "Authorization: Bearer $POE_ACCESS_KEY"' in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "poe trigger query|settings|"),
        (("query", "--raw", "file"), "--raw sends a file as it is"),
        (("--raw", "no-such-file"), "no-such-file can't be read."),
        (("query", "--set", "query.9.content=Hi"), "query has no item 9."),
        (("query", "--url", "nonsense"), "nonsense"),
        (("query", "--url", "http://127.0.0.1:1/", "--python", "3.11"), "--python is for a bot"),
    ],
)
def test_what_can_not_be_is_told(arguments: tuple[str, ...], words: str) -> None:
    """Wrong usage is exit code 2, before anything is started."""
    ran = poe("trigger", *arguments)
    assert (ran.code, words in ran.stderr) == (ExitCode.USAGE, True), ran


def test_of_several_bots_the_way_to_one_is_said(tmp_path: Path) -> None:
    """The command has no argument for it, so the hint of `poe dev` would not do."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.py").write_text(BOT)
    assert "Run it in the folder of one" in poe("trigger", "query").stderr


async def test_the_running_poe_dev_is_found(tmp_path: Path) -> None:
    """It answers, a second bot's name is told from the first's, and when it ends it is gone."""
    (tmp_path / "main.py").write_text(BOT)
    env = {**user_env(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    async with dev(tmp_path) as server:
        await server.line("ready")
        ran = await finish(
            "trigger", "query", "--set", "user_id=u", "--json", cwd=tmp_path, env=env
        )
        asked = await server.line("query")
        wrong = await finish("trigger", "query", "--bot", "Helpr", cwd=tmp_path, env=env)

    assert (ran.code, json.loads(ran.stdout)["text"], asked["text"]) == (0, "Hello! u", "Hello!")
    assert (wrong.code, "Did you mean 'Helper'?" in wrong.stderr) == (ExitCode.USAGE, True)
    assert not (tmp_path / ".poe" / "dev.json").exists()


async def test_a_project_that_does_not_run_is_started(tmp_path: Path) -> None:
    """The author's own line is named when the bot raises, as in a chat."""
    (tmp_path / "main.py").write_text(BOT)

    ran = await poe_in(tmp_path, "trigger", "query", "--set", "query.0.content=boom")

    assert ran.code == ExitCode.AT_FAULT
    assert "unexpected-exception" in ran.stdout
    assert 'raise RuntimeError("out of cheese")' in ran.stderr


async def test_a_line_that_blocks_is_named(tmp_path: Path) -> None:
    """Also one that the bot tells of when its answer is out, as in a chat."""
    blocks = BOT.replace("        if", "        import time; time.sleep(0.8)\n        if")
    (tmp_path / "main.py").write_text(blocks)

    ran = await poe_in(tmp_path, "trigger", "query")

    line = blocks.splitlines().index("        import time; time.sleep(0.8)") + 1
    assert (ran.code, ran.stderr.count(f"ms by main.py:{line} (get_response)")) == (0, 1)


def test_a_report_is_about_the_last_kept_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the bot that is named, where one is; never about a query that was broken on purpose."""
    monkeypatch.chdir(tmp_path)
    writer = TurnWriter(tmp_path / ".poe")
    for number, bot in enumerate(("A", "A", "B")):
        ids = {"user_id": "u", "conversation_id": "c", "message_id": f"m{number}"}
        request = {"type": "query", "query": [{"role": "user", "content": "Hi"}], **ids}
        writer.turn(f"r-{number}", bot, "/", request, KeptAnswer("event: done\ndata: {}\n\n"))
    writer.turn("r-3", "B", "/", {"type": "query", "query": {"0": "broken"}}, KeptAnswer("{}"))
    writer.close()

    last = json.loads(poe("trigger", "report_reaction", "--print").stdout)
    named = json.loads(poe("trigger", "report_reaction", "--bot", "A", "--print").stdout)

    assert (last["message_id"], named["message_id"]) == ("m2", "m1")
