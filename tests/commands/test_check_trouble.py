"""`poe check` that can't come to its end: a whole document, and the code of the error."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from poecli.errors import ExitCode
from tests.poe import poe, user_env
from tests.scripted import Answer, in_a_thread
from tests.servers import closed_port
from tests.warm_python import python

GONE = f"http://127.0.0.1:{closed_port()}/"
ODD = "bad\n::error::name.py"


def from_json(text: str) -> str:
    [line] = map(json.loads, text.splitlines())
    return f"{line['ok']} {line['error']['message']}"


def from_junit(text: str) -> str:
    [error] = ET.fromstring(text).iter("error")  # noqa: S314 - our own text
    return f"False {error.attrib['message']}"


def from_sarif(text: str) -> str:
    [invocation] = json.loads(text)["runs"][0]["invocations"]
    [told] = invocation["toolExecutionNotifications"]
    return f"{invocation['executionSuccessful']} {told['message']['text']}"


def from_github(text: str) -> str:
    [line] = text.splitlines()
    assert line.startswith("::error ")
    return f"False {line}"


FORMATS: dict[str, Callable[[str], str]] = {
    "json": from_json,
    "junit": from_junit,
    "sarif": from_sarif,
    "github": from_github,
}
TROUBLES = {
    # name: the arguments, the exit code, a word of the message
    "nobody there": ([GONE], ExitCode.NOT_REACHABLE, "Can't connect"),
    "no such rule": ([GONE, "--only", "nope"], ExitCode.USAGE, "no rule"),
    "no such key file": ([GONE, "--access-key-file", "no.txt"], ExitCode.USAGE, "no.txt"),
    "no such file": (["no-bot.py"], ExitCode.BOT_NOT_LOADED, "no-bot.py"),
    "a bot that does not load": ([ODD], ExitCode.BOT_NOT_LOADED, "name.py"),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("arguments", "code", "says"), TROUBLES.values(), ids=TROUBLES)
def test_every_format_is_whole_whatever_happens(
    form: str,
    arguments: list[str],
    code: ExitCode,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The document tells what happened, and no name in it begins a command to CI."""
    (tmp_path / ODD).write_text("import fastapi_poe\nraise OSError('no disk')\n")
    monkeypatch.chdir(tmp_path)
    ran = poe("check", *arguments, "--format", form, env=user_env(tmp_path / "home"))

    told = FORMATS[form](ran.stdout)
    assert (ran.code, told.split(" ")[0]) == (code, "False")
    assert says in told
    assert not any(line.lstrip().startswith("::") for line in ran.stderr.splitlines())


@pytest.mark.parametrize("form", FORMATS)
def test_what_the_system_refuses_is_no_bug_in_the_document_either(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what stderr says: here that the folder was removed under the shell."""
    removed = tmp_path / "removed"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()

    ran = poe("check", ".", "--format", form, env=user_env(tmp_path))
    assert ran.code == ExitCode.USAGE
    assert "The folder that you are in no longer exists." in FORMATS[form](ran.stdout)


def test_a_bad_chat_file_leaves_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules that were checked stand in the document, the bad file beside them."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "bad.chat.toml").write_text("turn = oops")
    monkeypatch.chdir(tmp_path)
    ran = poe("check", ".", "--format", "junit", env=user_env(tmp_path / "home"))

    checked, failed = ET.fromstring(ran.stdout)  # noqa: S314 - our own text
    assert ran.code == ExitCode.USAGE
    assert int(checked.attrib["tests"]) > 70
    assert (failed.attrib["errors"], failed.attrib["name"]) == ("1", ".")
    assert "bad.chat.toml" in failed[0][0].attrib["message"]


BOT = """
import fastapi_poe as fp

class Echo(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=request.query[-1].content)
"""


@pytest.mark.parametrize("form", FORMATS)
def test_ctrl_c_leaves_a_whole_document(form: str, tmp_path: Path) -> None:
    """A bot that hangs is given up with 130, and the document says so."""

    async def interrupted(url: str, seen: list[Any]) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *python("-m", "poecli", "check", url, "--format", form),
            env={**os.environ, **user_env(tmp_path)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        while not seen:  # noqa: ASYNC110 - another thread fills it
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, _ = await process.communicate()
        return process.returncode, stdout.decode()

    with in_a_thread(Answer(silent=True)) as server:
        code, text = asyncio.run(asyncio.wait_for(interrupted(server.url, server.requests), 30))

    assert code == ExitCode.INTERRUPTED
    assert "interrupted" in FORMATS[form](text)
