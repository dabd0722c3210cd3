"""Atomic save of main.py to the first answer with the new text, side by side in one run.

    python -m tests.benchmarks.reload [ROUNDS]

The goals: with the fork server at least 20 times faster than `uvicorn --reload`, also for a bot
that imports openai, httpx and pypdf; with the standby at least 5 times, saves 2 s apart.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.servers import (
    FASTAPI_DEV,
    UVICORN_RELOAD,
    Way,
    ask,
    poe,
    serve,
    write_bot,
)

ROUNDS = 20
HEAVY = "import httpx\nimport openai\nimport pypdf"
APART_SECONDS = 2.0
WAYS = (
    UVICORN_RELOAD,
    *FASTAPI_DEV,
    poe("--reload-with", "fork"),
    poe("--reload-with", "standby"),
    poe("--reload-with", "fresh"),
)


async def one_reload(port: int, folder: Path, word: str, imports: str) -> float:
    """Milliseconds from the save to the answer."""
    began = time.perf_counter()
    write_bot(folder, word, imports)
    expected = f"{word}: hi".encode()
    while expected not in await ask(port, "hi"):  # noqa: ASYNC110 - polling is what is measured
        await asyncio.sleep(0.002)
    return (time.perf_counter() - began) * 1000


async def measure(way: Way, imports: str, rounds: int) -> list[float]:
    """The times of all rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_bot(folder, "start", imports)
        async with serve(way, folder) as (port, _):
            await asyncio.sleep(APART_SECONDS * 2)
            times = []
            for number in range(rounds):
                times.append(await one_reload(port, folder, f"word{number}", imports))
                await asyncio.sleep(APART_SECONDS)
            return times


async def table(rounds: int = ROUNDS) -> list[str]:
    """The lines of the table."""
    lines = [
        f"reload, median of {rounds} (ms)        plain bot   x    with openai, httpx, pypdf   x"
    ]
    yardstick: list[float] = []
    for way in WAYS:
        medians = [
            statistics.median(await measure(way, imports, rounds)) for imports in ("", HEAVY)
        ]
        yardstick = yardstick or medians
        plain, heavy = medians
        lines.append(
            f"{way.name:<34} {plain:>10.0f} {yardstick[0] / plain:>5.1f}"
            f" {heavy:>22.0f} {yardstick[1] / heavy:>9.1f}"
        )
        print(lines[-1], file=sys.stderr)
    return lines


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print("\n".join(asyncio.run(table(wanted))))
