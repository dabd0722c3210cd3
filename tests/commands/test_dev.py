"""`poe dev` over real processes, sockets and files."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.devserver.bots import client, write_bot
from tests.poe import dev, finish
from tests.processes import all_gone, processes_of, program_of


async def test_a_saved_change_shows_in_the_next_answer(tmp_path: Path) -> None:
    """Ready names url and bots; a save is told with its file; the next answer is the new code's."""
    write_bot(tmp_path, "one")
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["bots"][0]["url"]) as bot:
            assert (await bot.ask("hi")).text == "one: hi"
            write_bot(tmp_path, "two")
            reload = await poe.line("reload")
            assert (reload["ok"], reload["files"]) == (True, ["main.py"])
            assert (await bot.ask("hi")).text == "two: hi"


async def test_a_broken_save_keeps_the_last_good_version(tmp_path: Path) -> None:
    """A syntax error is told with file and line, the old code answers; a mended save recovers."""
    write_bot(tmp_path, "one")
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            file = write_bot(tmp_path, "two", end="x = (\n")
            broken = await poe.line("reload", ok=False)
            line = len(file.read_text().splitlines())
            assert f"main.py:{line}" in broken["error"]["message"]
            assert (await bot.ask("hi")).text == "one: hi"
            write_bot(tmp_path, "three")
            await poe.line("reload", ok=True)
            assert (await bot.ask("hi")).text == "three: hi"


async def test_a_running_answer_ends_on_the_code_that_began_it(tmp_path: Path) -> None:
    """Five saves during an answer of three seconds: it arrives whole, from its own generation."""
    write_bot(tmp_path, "old")
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            answering = asyncio.create_task(bot.ask("slow"))
            await poe.line("query", text="slow")
            for number in range(5):
                write_bot(tmp_path, f"new{number}")
                await poe.line("reload", ok=True)
            assert (await bot.ask("hi")).text == "new4: hi"
            answer = await answering
    pieces = "".join(f"old{number} " for number in range(20))
    assert (answer.status, answer.text) == (200, f"{pieces}old: slow")
    assert answer.generation == ready["generation"]
    assert answer.events[-1] == "done"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["Ctrl-C", "SIGTERM"]
)
async def test_a_signal_leaves_no_process_behind(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Ended in the middle of an answer, everything that was started is gone."""
    write_bot(tmp_path, seconds=600)
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        started = processes_of(poe.process.pid)
        async with client(ready["url"]) as bot:
            asking = asyncio.create_task(bot.ask("slow"))
            await poe.line("query")
            assert await poe.end(number) == code
            await asyncio.gather(asking, return_exceptions=True)
    assert await all_gone(started)


async def test_killed_it_leaves_no_process_behind(tmp_path: Path) -> None:
    """kill -9 of the parent: the workers notice that their channel is closed, and end."""
    write_bot(tmp_path)
    async with dev(tmp_path) as poe:
        await poe.line("ready")
        started = processes_of(poe.process.pid)
        os.kill(program_of(poe.process.pid), signal.SIGKILL)
        assert await all_gone(started)


async def test_the_death_of_a_worker_is_told(tmp_path: Path) -> None:
    """kill -9 of the bot's process in the middle of an answer: an error event, and a restart."""
    write_bot(tmp_path)
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            answer = await bot.ask("die")
            assert (answer.status, answer.events) == (200, ["text", "error", "done"])
            assert (await poe.line("worker_died"))["how"] == "ended by SIGKILL"
            assert (await bot.ask("hi")).text == "one: hi"


async def test_json_lines_tell_a_turn(tmp_path: Path) -> None:
    """query, log, error and answer carry the number of the turn; all carry v and at_ms."""
    write_bot(tmp_path)
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        async with client(ready["url"]) as bot:
            await bot.ask("print")
            first = await poe.line("answer")
            await bot.ask("raise")
            second = await poe.line("answer")
    by_type = {line["type"]: line for line in poe.lines}
    assert {"ready", "query", "log", "answer", "error"} <= by_type.keys()
    assert {line["v"] for line in poe.lines} == {1}
    assert all(line["at_ms"] >= 0 for line in poe.lines)
    assert (first["text"], first["events"], first["error"]) == ("one: print", 2, None)
    assert (by_type["log"]["text"], by_type["log"]["turn"]) == ("printed by the bot", 1)
    assert (second["turn"], by_type["error"]["turn"]) == (2, 2)


async def test_a_command_runs_beside_the_bot(tmp_path: Path) -> None:
    """Both addresses in its environment, its output and exit code passed on; flags are saved."""
    write_bot(tmp_path)
    shown = "import os; print(os.environ['POE_DEV_URL'], os.environ['POE_BASE_URL']); exit(3)"
    command = f'"{sys.executable}" -c "{shown}"'
    flags = ("--port", "0", "--seed", "3", "--save", "--exec", command)
    code, out, err = await finish("dev", *flags, cwd=tmp_path)
    bot, base = out.split()
    assert code == 3
    assert f"{bot}_poe" == base
    assert base in err
    assert "Wrote poe.toml; for this run only: --seed." in err


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
async def test_a_command_that_a_signal_ends_has_the_code_of_a_shell(tmp_path: Path) -> None:
    """137 for SIGKILL, by which CI knows what ran out of memory."""
    write_bot(tmp_path)
    ran = await finish("dev", "--exec", "kill -KILL $$", cwd=tmp_path)
    assert ran.code == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.py",), 6, "nowhere.py"),
        (("broken.py",), 6, "broken.py:1"),
        (("--host", "0.0.0.0"), 2, "--access-key"),  # noqa: S104 - refused
        (("--reload-with", "magic"), 2, "magic"),
        (("--bot", "GPT"), 2, "NAME=MODE"),
    ],
    ids=["no such file", "broken at start", "open host", "unknown source", "bad mode"],
)
async def test_what_ends_it_at_once(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """With nobody at a terminal, what can't be run ends with its own code and its reason."""
    write_bot(tmp_path)
    (tmp_path / "broken.py").write_text("import fastapi_poe as fp (\n", encoding="utf-8")
    done, out, err = await finish("dev", "--port", "0", *arguments, cwd=tmp_path)
    assert (done, out) == (code, "")
    assert said in err
