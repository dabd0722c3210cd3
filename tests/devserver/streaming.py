"""Saves under streaming load: every answer must be whole and of one version."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from tests.devserver.bots import Answer, Client, client, write_bot
from tests.poe import dev
from tests.processes import all_gone, processes_of, program_of

PIECES = 20


@dataclass
class Result:
    """What happened: answers by outcome, and the processes there were."""

    whole: int = 0
    faulty: list[Answer] = field(default_factory=list)
    most_processes: int = 0
    all_gone: bool = False
    memory_kb: list[int] = field(default_factory=list)  # of the parent, after each tenth save


def is_whole(answer: Answer) -> bool:
    """All pieces in order, from one version, ended by done."""
    word = answer.text.partition("0 ")[0]
    pieces = "".join(f"{word}{number} " for number in range(PIECES))
    expected = f"{pieces}{word}: slow"
    return answer.status == 200 and answer.text == expected and answer.events[-1] == "done"


async def saves_under_streams(
    folder: Path, *, saves: int, clients: int, seconds: float, pause: float, warm: bool = True
) -> Result:
    """Save that often, one in ten broken, while so many clients stream answers of ``seconds``.

    ``warm`` is False where memory is the point: a warm program has imported what it never uses.
    """
    result = Result()
    write_bot(folder, "start", seconds=seconds)
    async with dev(folder, "--quiet", warm=warm) as poe:
        ready = await poe.line("ready")
        reading = asyncio.create_task(_read_on(poe.process))
        over = asyncio.Event()
        async with client(ready["url"]) as bot:
            streams = [asyncio.create_task(_stream(bot, over, result)) for _ in range(clients)]
            for number in range(saves):
                end = "x = (\n" if number % 10 == 9 else ""
                write_bot(folder, f"word{number}x", seconds=seconds, end=end)
                await asyncio.sleep(pause)
                processes = processes_of(poe.process.pid)
                result.most_processes = max(result.most_processes, len(processes))
                if number % 10 == 0:
                    result.memory_kb.append(_memory_kb(program_of(poe.process.pid)))
            over.set()
            await asyncio.gather(*streams)
        started = processes_of(poe.process.pid)
        reading.cancel()
    result.all_gone = await all_gone(started)
    return result


async def _stream(bot: Client, over: asyncio.Event, result: Result) -> None:
    while not over.is_set():
        answer = await bot.ask("slow")
        if is_whole(answer):
            result.whole += 1
        else:
            result.faulty.append(answer)


async def _read_on(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    while await process.stdout.readline():
        continue


def _memory_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
