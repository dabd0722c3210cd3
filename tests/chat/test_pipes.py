"""One question between real processes: pipes that close, wait, fill up, and a kill."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path

import pytest

from poecli.errors import ExitCode
from tests.chat.test_toolbox import call
from tests.poe import poe, start, user_env
from tests.scripted import DONE, Answer, scripted_server, text

STUCK = """
import time

def stuck():
    print("called", flush=True)
    time.sleep(60)  # what no Ctrl-C can stop: a thread of the tool's
"""
LONG = Answer([text("x" * 1000 + "\n") * 500, DONE])
HELLO = Answer([text("hello"), DONE])


async def chat(
    folder: Path,
    *arguments: str,
    stdin: int = DEVNULL,
    stdout: int = PIPE,
    env: Mapping[str, str] | None = None,
) -> Process:
    """`poe chat`, started."""
    own = {**user_env(folder), **(env or {})}
    return await start("chat", *arguments, stdin=stdin, stdout=stdout, env=own)


async def test_a_closed_pipe_is_silent(tmp_path: Path) -> None:
    """`poe chat … | head -0` ends with 141 and no word."""
    async with scripted_server(LONG) as server:
        process = await chat(tmp_path, server.url, "-m", "hi", "--stream", "--no-store")
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout._transport.close()  # type: ignore[attr-defined] # asyncio has no other way
        stderr = await process.stderr.read()
        assert await process.wait() == ExitCode.CLOSED_PIPE

    assert stderr == b""


async def test_an_idle_stdin_is_named_and_given_up(tmp_path: Path) -> None:
    """An open pipe that says nothing gets a word on stderr, then code 2; no silent hang."""
    async with scripted_server(HELLO) as server:
        flags = ("-m", "hi", "--stdin-timeout", "0.2")
        process = await chat(tmp_path, server.url, *flags, stdin=PIPE)
        assert process.stderr is not None
        stderr = (await process.stderr.read()).decode()
        assert await process.wait() == ExitCode.USAGE

    assert stderr.startswith("waiting for stdin")
    assert "--stdin-timeout" in stderr


async def test_a_slow_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """Text that comes in pieces is never cut."""
    async with scripted_server(HELLO) as server:
        process = await chat(tmp_path, server.url, stdin=PIPE)
        assert process.stdin is not None
        process.stdin.write(b"one ")
        await process.stdin.drain()
        process.stdin.write(b"two\xff")
        process.stdin.close()
        stdout, stderr = await process.communicate()

    assert (process.returncode, stdout) == (0, b"hello\n")
    assert server.requests[0].json["query"][0]["content"] == "one two\ufffd"
    assert b"not UTF-8" in stderr


async def test_a_latin_1_terminal_gets_utf8(tmp_path: Path) -> None:
    """The locale can't break an answer."""
    async with scripted_server(Answer([text("ü 漢 🙂"), DONE])) as server:
        env = {"PYTHONIOENCODING": "latin-1", "LC_ALL": "C", "PYTHONUTF8": "0"}
        process = await chat(tmp_path, server.url, "-m", "hi", env=env)
        stdout, _ = await process.communicate()

    assert (process.returncode, stdout.decode()) == (0, "ü 漢 🙂\n")


async def test_a_kill_loses_nothing_that_had_arrived(tmp_path: Path) -> None:
    """Every event is on disk when the next one comes: what was printed is found after a kill."""
    async with scripted_server(Answer([text("one "), text("two")], end="hang")) as server:
        process = await chat(tmp_path, server.url, "-m", "hi", "--jsonl")
        assert process.stdout is not None
        first = json.loads(await process.stdout.readline())
        second = json.loads(await process.stdout.readline())
        process.kill()
        await process.communicate()
        assert process._transport is not None  # type: ignore[attr-defined] # closed below
        process._transport.close()  # type: ignore[attr-defined] # else a warning at the end

    assert [first["text"], second["text"]] == ["one ", "two"]
    # Off the loop: the command runs one of its own.
    ran = await asyncio.to_thread(poe, "chat", "--show", "", env=user_env(tmp_path))
    assert ran.code == ExitCode.USAGE
    ran = await asyncio.to_thread(poe, "chat", "--export", "json", env=user_env(tmp_path))
    answer = json.loads(ran.stdout)["messages"][0]["answer"]
    assert (answer["text"], answer["outcome"]) == ("one two", "stopped")


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")
async def test_a_full_disk_costs_a_warning(tmp_path: Path) -> None:
    """When the store can't grow, the answer still comes, whole, with one warning."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from poecli.commands.app import main; sys.exit(main(sys.argv[1:]))"
    )
    async with scripted_server(LONG) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", limited, "chat", server.url, "-m", "hi"),
            env={**os.environ, **user_env(tmp_path)},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        stdout, stderr = await process.communicate()

    assert (process.returncode, len(stdout)) == (0, 1001 * 500)
    assert stderr.decode().count("warning: This chat is not stored any more") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
async def test_a_full_disk_under_stdout_is_told(tmp_path: Path) -> None:
    """A result that can't be written is an error, never a silent 0."""
    full = os.open("/dev/full", os.O_WRONLY)
    async with scripted_server(HELLO) as server:
        process = await chat(tmp_path, server.url, "-m", "hi", stdout=full)
        _, stderr = await process.communicate()
    os.close(full)

    assert process.returncode == ExitCode.AT_FAULT
    assert stderr.startswith(b"error: The output can't be written.")
    assert len(stderr.splitlines()) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
async def test_without_room_for_an_error_its_code_is_told(tmp_path: Path) -> None:
    """Also where stderr is the disk that is full, or both streams are."""
    full = os.open("/dev/full", os.O_WRONLY)
    codes = []
    for stdout, arguments in ((DEVNULL, ("chat", "--show", "none")), (full, ("chat", "--help"))):
        env = user_env(tmp_path)
        process = await start(*arguments, stdin=DEVNULL, stdout=stdout, stderr=full, env=env)
        codes.append(await process.wait())
    os.close(full)

    assert codes == [ExitCode.USAGE, ExitCode.AT_FAULT]


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe has no number there")
async def test_an_error_into_a_closed_pipe_is_silent(tmp_path: Path) -> None:
    """`poe chat … 2>&1 | true` ends with 141, whichever stream is written to first."""
    unread, closed = os.pipe()
    os.close(unread)
    arguments = ("chat", "--show", "none")
    env = user_env(tmp_path)
    process = await start(*arguments, stdin=DEVNULL, stdout=closed, stderr=closed, env=env)
    os.close(closed)

    assert await process.wait() == ExitCode.CLOSED_PIPE


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process is POSIX's")
async def test_ctrl_c_ends_a_question_with_130(tmp_path: Path) -> None:
    """Ctrl-C is no error: code 130, no traceback, and what had come is kept as a part."""
    async with scripted_server(Answer([text("one")], end="hang")) as server:
        process = await chat(tmp_path, server.url, "-m", "hi", "--jsonl")
        assert process.stdout is not None
        await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, stderr = await process.communicate()

    assert (process.returncode, stderr) == (ExitCode.INTERRUPTED, b"")
    ran = await asyncio.to_thread(poe, "chat", "--export", "md", env=user_env(tmp_path))
    assert "(stopped)" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process is POSIX's")
async def test_ctrl_c_waits_for_no_tool(tmp_path: Path) -> None:
    """A function of the author's runs in a thread, which nobody can stop."""
    (tmp_path / "tools.py").write_text(STUCK)
    async with scripted_server(Answer([call("c-1", "stuck", "{}"), DONE])) as server:
        flags = ("--tools", str(tmp_path / "tools.py"), "--yes")
        process = await chat(tmp_path, server.url, "-m", "hi", *flags)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"called\n"
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == ExitCode.INTERRUPTED
