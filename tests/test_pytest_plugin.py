from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.warm_python import cold

LIMIT_SECONDS = 110
# But for one that comes of a warm start (tests/warm_python.py).
_WARM = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
_NO_WARNING = ("-W", "error", "-W", _WARM)

BOT = """
import fastapi_poe as fp

class Helper(fp.PoeBot):
    async def get_response(self, request):
        message = request.query[-1]
        if message.content == "boom":
            raise RuntimeError("out of cheese")
        if message.content == "file":
            await self.post_message_attachment(
                message_id=request.message_id, file_data=b"x", filename="x.txt"
            )
        if message.content == "call":
            async for part in fp.stream_request(request, "Other", request.access_key):
                yield fp.MetaResponse(text="", suggested_replies=True)
        for attachment in message.attachments:
            yield fp.PartialResponse(text=f"{attachment.name}: {attachment.parsed_content} ")
        yield fp.PartialResponse(text=f"{len(request.query)} {message.content}")
        yield fp.PartialResponse(text=str(message.parameters.get("size", "")))
        yield fp.PartialResponse(text="More", is_suggested_reply=True)

    async def get_settings(self, setting):
        return fp.SettingsResponse(
            response_version=2, allow_attachments=True, server_bot_dependencies={"Other": 1}
        )

bot = Helper()
"""

USES = """
import asyncio
import urllib.request

def test_a_conversation(poe_bot):
    first = poe_bot.ask("Hi")
    assert first.text == "1 Hi"
    assert first.suggested_replies == ["More"]
    assert first.error is None
    assert poe_bot.ask("again", parameters={"size": 3}).text == "3 again3"

def test_a_new_conversation(poe_bot):
    assert poe_bot.ask("see", attachments=["note.txt"]).text == "note.txt: some words 2 see"

def test_what_came_back(poe_bot):
    answer = poe_bot.ask("file")
    assert [(file.name, file.content_type) for file in answer.files] == [("x.txt", "text/plain")]
    assert answer.kinds[-1] == "done"
    assert poe_bot.ask("boom").error.text == "The bot encountered an unexpected issue."

def test_calls(poe_bot):
    assert [call.bot for call in poe_bot.ask("call").calls] == ["Other"]

def test_inside_a_loop(poe_bot):
    async def ask():
        return poe_bot.ask("Hi").text
    assert asyncio.run(ask()) == "1 Hi"

def test_another_server(poe_bot, start_poe_dev):
    off = start_poe_dev("--bot", "Other=off")
    assert off.bot().ask("call").error is not None
    assert poe_bot.ask("call").error is None

def test_the_server(poe_dev):
    assert list(poe_dev.bots.values()) == [poe_dev.url]
    assert poe_dev.base_url == poe_dev.url.rstrip("/") + "/_poe"
    assert urllib.request.urlopen(poe_dev.base_url + "/v1/models").status == 200
"""

# fastapi_poe shows a bot the text of a file as a message of its own.
CHAT = """
[[turn]]
user = "call"
[turn.expect]
text.equals = "1 call"
suggested_replies = ["More"]
calls.Other = 1

[[turn]]
user = "see"
attachments = ["note.txt"]
[turn.expect]
text.equals = "note.txt: some words 4 see"
calls = {}
"""

FAILS = """
[[turn]]
user = "Hi"
[turn.expect]
text.equals = "2 Hi"
"""

UNTESTABLE = """
[[turn]]
user = "call"
[turn.expect]
calls.Other = 1
"""

UNRELATED = """
import sys

def test_nothing_is_loaded():
    loaded = {name for name in sys.modules if name.split(".")[0] == "poecli"}
    assert loaded <= {"poecli", "poecli.pytest_plugin"}
"""


def project(folder: Path, **files: str) -> Path:
    """A project with a bot, and these files in its folder of tests."""
    (folder / "tests").mkdir()
    (folder / "main.py").write_text(BOT)
    (folder / "poe.toml").write_text("[bots.helper]\n")
    (folder / "tests" / "note.txt").write_text("some words")
    for name, text in files.items():
        (folder / "tests" / name.replace("__", ".")).write_text(text)
    return folder


async def run_pytest(folder: Path, *flags: str, warm: bool = True) -> tuple[int, str]:
    """pytest as the author types it; its exit code and what it said.

    ``warm`` is False where it is looked at what is loaded.
    """
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / ".config"), "POE_API_KEY": ""}
    process = await asyncio.create_subprocess_exec(
        # pytest-asyncio warns in a project that does not configure it.
        *(sys.executable, "-m", "pytest", "-p", "no:asyncio", "-rA", *_NO_WARNING, *flags),
        cwd=folder,
        env=environment if warm else cold(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_the_fixtures_and_a_conversation_in_a_file(tmp_path: Path) -> None:
    """Conversations, files, calls and the server of the bot that poe_target names; no warning."""
    folder = project(tmp_path, test_uses__py=USES, held__chat__toml=CHAT)
    (folder / "main.py").rename(folder / "other_name.py")
    (folder / "pytest.ini").write_text("[pytest]\npoe_target = other_name.py\n")

    code, said = await run_pytest(folder)

    assert (code, "8 passed" in said) == (0, True), said
    assert "PASSED tests/held.chat.toml::chat" in said


async def test_a_conversation_that_fails_shows_no_traceback(tmp_path: Path) -> None:
    """What differs and where; a bot that is not there; what can't be tested is skipped."""
    no_bot = f"bot = 'help'\n{FAILS}"
    chats = {"fails__chat__toml": FAILS, "skips__chat__toml": UNTESTABLE}
    folder = project(tmp_path, no_bot__chat__toml=no_bot, **chats)
    (folder / "poe.toml").write_text('[bots.helper]\n[dev.bots]\nOther = "script:a.toml"\n')
    (folder / "a.toml").write_text('[[answer]]\nwhen = "something else"\nsay = "Hi"\n')

    code, said = await run_pytest(folder)

    assert (code, "2 failed, 1 skipped" in said) == (1, True), said
    assert "fails.chat.toml:2: turn 1: the text is '1 Hi', not '2 Hi'" in said
    assert "No answer of a.toml matches" in said
    assert "Did you mean 'helper'?" in said
    assert "Traceback" not in said
    assert "raise ChatFailed" not in said


async def test_a_mistake_in_a_file_is_told(tmp_path: Path) -> None:
    """In the words of the reader, with the near word, before anything is run."""
    code, said = await run_pytest(project(tmp_path, a__chat__toml="[[turn]]\nusr = ''"))

    assert code == pytest.ExitCode.INTERRUPTED
    assert "a.chat.toml:2: unknown key 'usr'." in said
    assert "Did you mean 'user'?" in said


async def test_a_bot_that_does_not_load_is_told_in_each_test(tmp_path: Path) -> None:
    """With the author's own traceback, and no line of the plugin's."""
    uses = "def test_a(poe_bot): pass\ndef test_b(start_poe_dev): start_poe_dev()\n"
    folder = project(tmp_path, test_a__py=uses, a__chat__toml=FAILS)
    (folder / "main.py").write_text("import no_such_module\n")

    code, said = await run_pytest(folder)

    assert (code, "2 failed, 1 error" in said) == (1, True), said
    assert "no_such_module" in said


async def test_other_runs_are_left_alone(tmp_path: Path) -> None:
    """A run that uses none of it imports none of it."""
    code, said = await run_pytest(project(tmp_path, test_a__py=UNRELATED), warm=False)

    assert code == 0, said


SAYS = """
import fastapi_poe as fp

class Saying(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="{}")

bot = Saying()
"""
ONE_OF_TWO = """
def test_which(poe_bot):
    assert poe_bot.ask("hi").text == "{}"
"""


async def test_each_test_has_the_project_that_is_nearest(tmp_path: Path) -> None:
    """A repository with two bots, run from its root; another tool's file is left alone."""
    for name in ("one", "two"):
        (tmp_path / name / "tests").mkdir(parents=True)
        (tmp_path / name / "main.py").write_text(SAYS.format(name))
        (tmp_path / name / "tests" / f"test_{name}.py").write_text(ONE_OF_TWO.format(name))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "other.chat.toml").write_text("[[message]]\nof = 'another tool'\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "other.chat.toml").write_text("[[message]]\nof = 'another tool'\n")
    code, output = await run_pytest(tmp_path)
    assert code == 0, output
    assert "2 passed" in output


NOWHERE = "there is no Python at 'nowhere'"


@pytest.mark.parametrize(
    ("files", "flags", "source"),
    [
        ({"poe.toml": "[dev]\npython = 'other'\n"}, ("--poe-python", "nowhere"), "--python"),
        ({"pytest.ini": "[pytest]\npoe_python = nowhere\n"}, (), "--python"),
        ({"poe.toml": "[dev]\npython = 'nowhere'\n"}, (), "[dev] python in poe.toml"),
    ],
)
async def test_the_python_of_the_bot_can_be_named(
    tmp_path: Path, files: dict[str, str], flags: tuple[str, ...], source: str
) -> None:
    """By a flag of pytest's, by its configuration, by poe.toml; else it is the Python of pytest."""
    folder = project(tmp_path, test_a__py="def test_a(poe_bot): pass\n")
    for name, text in files.items():
        (folder / name).write_text(text)

    code, said = await run_pytest(folder, *flags)

    assert (code, f"{source}: {NOWHERE}" in said) == (1, True), said
