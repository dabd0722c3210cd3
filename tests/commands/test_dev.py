"""`poe dev` over real processes, sockets and files."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.commands.dev_process import dev
from tests.devserver.bots import client, write_bot


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
