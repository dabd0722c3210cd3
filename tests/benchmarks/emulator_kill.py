"""SIGKILL at random moments while turns run, over and over in one folder.

    python -m tests.benchmarks.emulator_kill [KILLS [SEED]]

Half of the kills hit the parent, half a worker. Each start must work on what the last kill left,
and every turn that was answered to its end must be on disk, byte for byte.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.emulator.killing import killed_once


async def main(kills: int, first_seed: int) -> int:
    """How many turns were lost; also written out."""
    total = missing = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first_seed, first_seed + kills):
            whom = ("parent", "worker")[seed % 2]
            answered, lost = await killed_once(Path(folder), whom, seed)
            total += answered
            missing += len(lost)
            sys.stdout.write(f"{seed:4} {whom}: {answered} turns answered, {len(lost)} lost\n")
    sys.stdout.write(f"{kills} kills, {total} turns answered, {missing} lost\n")
    return missing


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(numbers + [100, 0][len(numbers) :]))) > 0)
