"""`poe chat` with a bot in a file: real processes from the start to the end."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from pathlib import Path

import pypdf
import pytest

from poecli.errors import ExitCode
from tests.poe import LIMIT_SECONDS, finish, poe_in, start, user_env

BOT = """
import fastapi_poe as fp
import httpx

class Echo(fp.PoeBot):
    async def get_response(self, request):
        message = request.query[-1]
        if message.content == "boom":
            raise RuntimeError("out of cheese")
        for file in message.attachments:
            async with httpx.AsyncClient() as client:
                got = await client.get(file.url)
            said = f"{file.name} {got.headers['content-type']} {len(got.content)}"
            yield fp.PartialResponse(text=f"{said} {file.content_type} {file.parsed_content};")
        yield fp.PartialResponse(text=f"{len(request.query)} {message.content}")
"""
NEVER_ENDS = """
import asyncio

import fastapi_poe as fp

class Slow(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="a beginning")
        await asyncio.sleep(600)
"""
RAISES = '            raise RuntimeError("out of cheese")'


async def test_a_bot_in_a_folder_is_started_asked_and_asked_again(tmp_path: Path) -> None:
    """A folder is a bot; its chat goes on with --continue, and no process is left behind."""
    (tmp_path / "main.py").write_text(BOT)

    assert await poe_in(tmp_path, "chat", ".", "-m", "hi") == (0, "1 hi\n", "")
    assert await poe_in(tmp_path, "chat", "--continue", "-m", "more") == (0, "3 more\n", "")


async def test_a_fault_that_a_bot_gives_no_chance_is_named(tmp_path: Path) -> None:
    """A bot that calls nobody fails by none; that is said, and changes no exit code."""
    (tmp_path / "main.py").write_text(BOT)
    said = "warning: No call went upstream, so the fault 'cut' was never met.\n"

    ran = await poe_in(tmp_path, "chat", ".", "-m", "hi", "--fault", "cut")
    assert ran == (0, "1 hi\n", said)


async def test_files_reach_the_bot_as_from_poe(tmp_path: Path) -> None:
    """The bot fetches the very bytes, with their type; a text comes with its parsed content."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "note.txt").write_text("some words")
    with (tmp_path / "empty.pdf").open("wb") as stream:
        writer = pypdf.PdfWriter()
        writer.add_blank_page(72, 72)
        writer.write(stream)

    flags = ("-a", "note.txt", "-a", "empty.pdf")
    code, stdout, _ = await poe_in(tmp_path, "chat", "main.py", "-m", "see", *flags)

    assert code == 0
    assert "note.txt text/plain 10 text/plain some words;" in stdout
    assert "empty.pdf application/pdf" in stdout


async def test_the_authors_traceback_is_shown(tmp_path: Path) -> None:
    """A bot that raises is code 1, with the author's own frames on stderr."""
    (tmp_path / "main.py").write_text(BOT)

    code, stdout, stderr = await poe_in(tmp_path, "chat", ".", "-m", "boom")

    assert (code, stdout) == (ExitCode.AT_FAULT, "")
    assert 'raise RuntimeError("out of cheese")' in stderr
    assert f"try: Fix main.py:{BOT.splitlines().index(RAISES) + 1}." in stderr


async def test_a_yielded_text_is_told_with_its_fix(tmp_path: Path) -> None:
    """The commonest first mistake: the error's last line names the line, and what to write."""
    source = BOT[: BOT.index("        message =")] + '        yield "hello"\n'
    (tmp_path / "main.py").write_text(source)

    _, _, stderr = await poe_in(tmp_path, "chat", ".", "-m", "hi")

    last = f"main.py:{len(source.splitlines())}: yield fp.PartialResponse(text=…)"
    assert stderr.splitlines()[-1].strip() == f"try: {last}"


async def test_what_the_bot_prints_is_shown(tmp_path: Path) -> None:
    """print() in an answer is on stderr, and keeps out of the answer."""
    (tmp_path / "main.py").write_text(BOT.replace("message =", 'print("seen"); message ='))

    assert await poe_in(tmp_path, "chat", ".", "-m", "hi") == (0, "1 hi\n", "seen\n")


async def test_a_line_that_blocks_is_named_also_by_one_answer(tmp_path: Path) -> None:
    """The bot tells it when the line is over, and by then its only answer may be out."""
    blocks = BOT.replace("message =", "import time; time.sleep(0.8); message =")
    (tmp_path / "main.py").write_text(blocks)

    code, stdout, stderr = await poe_in(tmp_path, "chat", ".", "-m", "hi")

    line = BOT.splitlines().index("        message = request.query[-1]") + 1
    assert (code, stdout) == (0, "1 hi\n")
    blocked, fix = stderr.splitlines()
    assert re.fullmatch(rf"blocked for \d+ ms by main.py:{line} \(get_response\)", blocked)
    assert "An async bot must await" in fix


async def test_a_call_that_poe_refuses_is_explained(tmp_path: Path) -> None:
    """An undeclared dependency is named, with the line that declares it: Poe would not say."""
    call = 'fp.stream_request(request, "GPT-4o", request.access_key)'
    body = f"        async for part in {call}:\n            yield part\n"
    (tmp_path / "main.py").write_text(BOT[: BOT.index("        message =")] + body)

    code, _, stderr = await poe_in(tmp_path, "chat", ".", "-m", "hi")

    assert code == ExitCode.AT_FAULT
    assert "calls GPT-4o, which its settings do not declare." in stderr
    assert 'server_bot_dependencies={"GPT-4o": 1}' in stderr


async def test_a_bot_that_does_not_load_is_code_6(tmp_path: Path) -> None:
    """A broken file ends with code 6, file and line; with --json as one object."""
    (tmp_path / "main.py").write_text("def broken(:\n")

    code, _, stderr = await poe_in(tmp_path, "chat", ".", "-m", "hi", "--json")

    error = json.loads(stderr)
    assert (code, error["exit_code"]) == (6, 6)
    assert "main.py" in json.dumps(error)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (BOT.replace('"out of cheese"', '"cheese" * 2_000_000'), ExitCode.AT_FAULT),
        ('raise RuntimeError("cheese" * 2_000_000)', ExitCode.BOT_NOT_LOADED),
    ],
    ids=["answers", "is loaded"],
)
async def test_an_error_with_a_text_without_end_is_shown(
    source: str, code: ExitCode, tmp_path: Path
) -> None:
    """Of an author who puts into it what was read: its two ends, and the line that raised it."""
    (tmp_path / "main.py").write_text(source)
    ran = await poe_in(tmp_path, "chat", "main.py", "-m", "boom")
    assert (ran.code, "characters are left out" in ran.stderr) == (code, True)
    assert 'raise RuntimeError("cheese"' in ran.stderr


async def test_a_proxy_that_the_bot_could_not_use_is_named(tmp_path: Path) -> None:
    """The environment of a bot's process is the user's; what is wrong in it is no traceback."""
    (tmp_path / "main.py").write_text(BOT)

    env = user_env(tmp_path / "home", HTTPS_PROXY="http://[::1")
    code, _, stderr = await finish("chat", ".", "-m", "x", cwd=tmp_path, env=env)

    assert code == ExitCode.USAGE
    assert stderr.startswith("error: The proxy in HTTPS_PROXY can't be used: 'http://[::1'.\n")
    assert "Traceback" not in stderr


async def test_a_bot_that_cannot_tell_its_settings(tmp_path: Path) -> None:
    """`poe chat` and `poe check` show the exception; the chat has its answer all the same."""
    fails = "    async def get_settings(self, setting):\n        raise LookupError('no settings')\n"
    (tmp_path / "main.py").write_text(BOT + "\n" + fails)

    code, stdout, told = await poe_in(tmp_path, "chat", "main.py", "-m", "hi")
    checked, _, seen = await poe_in(tmp_path, "check", "main.py", "--only", "settings-refused")

    assert (code, stdout, checked) == (ExitCode.DONE, "1 hi\n", ExitCode.AT_FAULT)
    for text in (told, seen):
        assert "get_settings failed" in text
        assert "LookupError: no settings" in text


async def test_a_temporary_folder_too_long_for_sockets_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(BOT)
    temporary = tmp_path / ("t" * 100)
    temporary.mkdir()
    env = user_env(tmp_path / "home", TMPDIR=str(temporary))
    ran = await finish("chat", ".", "-m", "hi", cwd=tmp_path, env=env)
    assert (ran.code, ran.stdout) == (ExitCode.DONE, "1 hi\n")
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process by force")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
async def test_told_to_end_it_clears_up_first(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """`timeout 60 poe chat …`, a terminal that closes: a shell's code, and no folder left."""
    (tmp_path / "main.py").write_text(NEVER_ENDS)
    temporary = tmp_path_factory.mktemp("t")  # short enough for sockets
    env = user_env(tmp_path / "home", TMPDIR=str(temporary))
    arguments = ("chat", ".", "-m", "hi", "--stream")
    process = await start(*arguments, cwd=tmp_path, env=env, warm=False)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.read(1), LIMIT_SECONDS)
    used = list(temporary.iterdir())

    number = getattr(signal, name)
    process.send_signal(number)
    _, stderr = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)

    assert (process.returncode, stderr) == (128 + number, b"")
    assert used
    assert list(temporary.iterdir()) == []
