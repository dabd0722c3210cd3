"""How long the front door takes, as a ratio to a bare ``python -c pass`` of the same run.

python tests/benchmarks/start_up.py [ROUNDS] [--llm PATH_OF_LLM]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

BARE = "python -c pass"


def measure(command: list[str]) -> float:
    """Seconds of one run, to its end."""
    started = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Time each command in turn, round by round, and print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=20)
    parser.add_argument("--llm", default=shutil.which("llm"))
    options = parser.parse_args()
    poe = str(Path(sys.executable).with_name("poe"))
    commands = {
        BARE: [sys.executable, "-c", "pass"],
        "poe --version": [poe, "--version"],
        "poe": [poe],
        "poe --help": [poe, "--help"],
        "poe help --help": [poe, "help", "--help"],
    }
    if options.llm:
        commands["llm --help"] = [options.llm, "--help"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            times[name].append(measure(command))
    bare = statistics.median(times[BARE])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        sys.stdout.write(f"{name:<20}{median * 1000:>8.0f} ms{median / bare:>8.1f} x\n")


if __name__ == "__main__":
    main()
