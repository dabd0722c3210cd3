"""How long the front door takes, as a ratio to a bare ``python -c pass`` of the same run.

python tests/benchmarks/start_up.py [ROUNDS] [--llm PATH_OF_LLM]

Run it with the Python of an environment where poe is installed as users have it, not editable.
Every round runs every command once; a ratio is the median of the rounds' own ratios, so that a
busy machine falls on both sides. Installers write the script `poe` in two ways, and both are
measured: uv and pip from 25.1 on import nothing, an older pip's script imports `re` first.
They are started in a folder with one bot, as `poe new` makes it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = "python -c pass"
BOT = "import fastapi_poe as fp\n\n\nclass Bot(fp.PoeBot): ...\n"
_START = f"#!{sys.executable}\n"
_IMPORT = "import sys\nfrom poecli.commands.app import main\n"
_CALL = "if __name__ == '__main__':\n    sys.exit(main())\n"
SCRIPTS = {"new": _START + _IMPORT + _CALL, "old pip": f"{_START}import re\n{_IMPORT}{_CALL}"}


def measure(command: list[str], folder: str) -> float:
    """Seconds of one run in a folder, to its end."""
    started = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, cwd=folder)
    return time.perf_counter() - started


def script(folder: Path, kind: str) -> str:
    """A script `poe` as an installer writes it; its path."""
    file = folder / f"poe-{kind.replace(' ', '-')}"
    file.write_text(SCRIPTS[kind], encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def commands(folder: Path, llm: str | None) -> dict[str, list[str]]:
    """What is timed, by the name it has in the table."""
    new, old = script(folder, "new"), script(folder, "old pip")
    timed = {
        BARE: [sys.executable, "-c", "pass"],
        "poe --version": [new, "--version"],
        "poe --version (old pip)": [old, "--version"],
        "poe": [new],
        "poe --help": [new, "--help"],
        "poe --help (old pip)": [old, "--help"],
        "poe help --help": [new, "help", "--help"],
    }
    return timed | ({"llm --help": [llm, "--help"]} if llm else {})


def show(times: dict[str, list[float]]) -> None:
    """The table: medians, the middle half of the runs, the ratio to a bare start."""
    for name, seconds in times.items():
        low, median, high = (x * 1000 for x in statistics.quantiles(seconds, n=4))
        ratio = ratio_of(times, name, BARE)
        sys.stdout.write(f"{name:<26}{median:>7.1f} ms ({low:.1f}-{high:.1f}){ratio:>8.2f} x\n")
    if "llm --help" in times:
        ratio = ratio_of(times, "llm --help", "poe --help")
        sys.stdout.write(f"llm --help takes {ratio:.1f} times poe --help\n")


def ratio_of(times: dict[str, list[float]], name: str, to: str) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(times[name], times[to], strict=True))


def main() -> None:
    """Time each command in turn, round by round, and print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=30)
    parser.add_argument("--llm", default=shutil.which("llm"))
    options = parser.parse_args()
    # Without compiled files every run compiles anew, on one side more than on the other.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        bot = Path(folder, "main.py")
        bot.write_text(
            "import fastapi_poe as fp\n\n\nclass Bot(fp.PoeBot): ...\n", encoding="utf-8"
        )
        timed = commands(Path(folder), options.llm)
        times: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(options.rounds):
            for name, command in timed.items():
                times[name].append(measure(command, folder))
    show(times)


if __name__ == "__main__":
    main()
