"""`poe dev` in trouble, over real processes: an impatient author, a full disk, git."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.devserver.bots import client, write_bot
from tests.poe import dev, start, user_env
from tests.processes import all_gone, processes_of, program_of

# A clean-up that neither ends nor lets itself be cancelled, as of a bot that saves to a dead disk.
HANGS = """\
        finally:
            print("cleaning up", flush=True)
            while True:
                try:
                    await asyncio.sleep(600)
                except asyncio.CancelledError:
                    continue
"""
NEEDS_PROC = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


def write_hanging_bot(folder: Path) -> None:
    file = write_bot(folder, seconds=600)
    head, loop, tail = file.read_text().partition('        if said == "slow":\n')
    inside, rest = tail.split('        if said == "print":', 1)
    indented = "".join(f"    {line}\n" for line in (loop + inside).splitlines())
    file.write_text(f'{head}        try:\n{indented}{HANGS}        if said == "print":{rest}')


@NEEDS_PROC
async def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    """The first waits for a clean-up that hangs; the second leaves nothing running: 130."""
    write_hanging_bot(tmp_path)
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        started = processes_of(poe.process.pid)
        async with client(ready["url"]) as bot:
            asking = asyncio.create_task(bot.ask("slow"))
            await poe.line("query")
            poe.process.send_signal(signal.SIGINT)
            await poe.line("log", text="cleaning up")
            assert await poe.end(signal.SIGINT) == 130
            await asyncio.gather(asking, return_exceptions=True)
    assert await all_gone(started)


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
async def test_a_command_that_does_not_let_itself_be_ended_is_killed(tmp_path: Path) -> None:
    """Ctrl-C ends `poe dev --exec` whatever the command does; it gets a moment to clear up."""
    write_bot(tmp_path)
    command = "trap '' TERM INT; touch begun; for _ in $(seq 300); do sleep 0.1; done"
    env = user_env(tmp_path / "home")
    process = await start("dev", "--exec", command, cwd=tmp_path, env=env)
    while not (tmp_path / "begun").exists():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.02)
    started = processes_of(process.pid)
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.communicate(), 20)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 130
    assert await all_gone(started)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no RLIMIT_FSIZE")
async def test_a_full_disk_costs_the_bot_nothing(tmp_path: Path) -> None:
    """No byte can be added under .poe: every answer is whole, and one line says it."""
    write_bot(tmp_path)
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        _fill_the_disk_for(program_of(poe.process.pid))
        async with client(ready["url"]) as bot:
            answers = [await bot.ask("hi") for _ in range(3)]
            await poe.line("answer", turn=3)
    told = [line for line in poe.lines if "can't be written" in json.dumps(line)]
    assert {(answer.status, answer.text) for answer in answers} == {(200, "one: hi")}
    assert len(told) == 1


def _fill_the_disk_for(pid: int) -> None:
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux sets another process's limits")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("taken", [".poe", ".poe/turns.jsonl"], ids=["folder", "file"])
async def test_what_stands_in_the_way_of_the_state(tmp_path: Path, taken: str) -> None:
    """A file in place of the folder, a folder in place of the file: answers come, one line says."""
    write_bot(tmp_path)
    if taken == ".poe":
        (tmp_path / taken).write_text("not a folder")
    else:
        (tmp_path / taken).mkdir(parents=True)
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            assert [(await bot.ask("hi")).text for _ in range(2)] == ["one: hi"] * 2
            await poe.line("answer", turn=2)
    assert len([line for line in poe.lines if "can't be written" in json.dumps(line)]) == 1


async def test_a_git_checkout_of_300_files_is_one_reload(tmp_path: Path) -> None:
    """git writes them one after the other; the author sees one generation, with all of them."""
    _git(tmp_path, "init", "-q", "-b", "main")
    write_bot(tmp_path, "one")
    _commit(tmp_path, "one")
    _git(tmp_path, "checkout", "-q", "-b", "other")
    write_bot(tmp_path, "two")
    _commit(tmp_path, "two")
    _git(tmp_path, "checkout", "-q", "main")
    # Cold: what it clears away after its start leaves a loaded machine to git for a moment.
    async with dev(tmp_path, warm=False) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            await asyncio.to_thread(_git, tmp_path, "checkout", "-q", "other")
            reload = await poe.line("reload")
            assert (await bot.ask("hi")).text == "two: hi"
            # The next change's number shows whether there was another reload between.
            write_bot(tmp_path, "three")
            after = await poe.line("reload")
    assert (reload["ok"], len(reload["files"])) == (True, 301)
    assert (reload["generation"], after["generation"]) == (2, 3)
    assert after["files"] == ["main.py"]


async def test_ten_saves_in_a_row_are_one_reload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of them is what answers, though Python's cache takes saves of a second for one."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    write_bot(tmp_path, "start")
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            for number in range(10):
                write_bot(tmp_path, f"word{number}")
                await asyncio.sleep(0.005)
            await poe.line("reload")
            answer = await bot.ask("hi")
            write_bot(tmp_path, "after")
            after = await poe.line("reload")
    assert (answer.text, answer.generation) == ("word9: hi", 2)
    assert after["generation"] == 3


def _commit(folder: Path, text: str) -> None:
    modules = folder / "prompts"
    modules.mkdir(exist_ok=True)
    for number in range(300):
        (modules / f"p{number}.txt").write_text(f"{text} {number}")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", text)


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=An Author", "-c", "user.email=author@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


async def test_a_cached_file_of_the_same_second_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same size and time as the save before: the new text answers, in main.py and in modules."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    words = tmp_path / "words.py"
    words.write_text("WORD = 'one'\n")
    file = write_bot(tmp_path)
    file.write_text(file.read_text().replace("WORD = 'one'", "from words import WORD"))
    os.utime(words, (1e9, 1e9))
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            before = await bot.ask("hi")
            words.write_text("WORD = 'two'\n")
            os.utime(words, (1e9, 1e9))
            await poe.line("reload", ok=True)
            after = await bot.ask("hi")
    assert (before.text, after.text) == ("one: hi", "two: hi")


async def test_the_bot_answers_on_when_nobody_reads_the_log(tmp_path: Path) -> None:
    """`poe dev --json | head -1`, or a program that wanted the ready line alone."""
    write_bot(tmp_path)
    async with dev(tmp_path, warm=False) as poe:
        ready = await poe.line("ready")
        poe.process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined] # nothing else closes it
        async with client(ready["url"]) as bot:
            answers = [await bot.ask("print") for _ in range(2)]
    assert [answer.text for answer in answers] == ["one: print", "one: print"]
