"""1,000 saves, one in ten broken, while 20 clients stream answers of 2 s.

    python -m tests.benchmarks.saves [SAVES]

The goal: no answer lost, cut, mixed or reordered, no status other than 200, a handful of
processes at any moment and none at the end, the parent's memory flat.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.devserver.streaming import saves_under_streams

SAVES = 1000


async def table(saves: int = SAVES) -> list[str]:
    """The lines of the result."""
    with tempfile.TemporaryDirectory() as name:
        result = await saves_under_streams(
            Path(name), saves=saves, clients=20, seconds=2.0, pause=0.1, warm=False
        )
    memory = result.memory_kb
    left = "none" if result.all_gone else "SOME"
    return [
        f"{saves} saves under streams: {result.whole} whole answers, {len(result.faulty)} faulty",
        f"at most {result.most_processes} processes, {left} left at the end",
        f"parent {memory[len(memory) // 10] // 1024} MB early, {memory[-1] // 1024} MB at the end",
    ]


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else SAVES
    print("\n".join(asyncio.run(table(wanted))))
