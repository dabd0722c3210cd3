"""CPU and bytes of a streamed answer: ours, against rich.live over rich.markdown.

    python tests/benchmarks/markdown.py [--whole]

Both get the same answer in events of 5 characters, and paint a frame for each event, which is the
worst case: `poe chat` paints at most 20 frames a second. The rich side is measured on every 20th
event and counted 20 times, since it takes minutes; with ``--whole`` on every event.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

from rich.console import Console as RichConsole
from rich.live import Live
from rich.markdown import Markdown

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from poecli.terminal.console import Console
from poecli.terminal.markdown import MarkdownStream
from tests.terminal.corpus import long_answer
from tests.terminal.screen import FakeClock

EVENT = 5
SAMPLE = 20
SIZES = (10_000, 20_000, 40_000, 80_000)
COLUMNS, LINES = 80, 24
SECTION = long_answer(3, size=9_500)[:10_000].rsplit("\n", 1)[0]


class Counter(io.StringIO):
    """A terminal that only counts."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.bytes += len(text.encode())
        return len(text)


def answer(size: int) -> str:
    """The same section again and again, so that each size has the same mix of blocks."""
    return "\n\n".join([SECTION] * (size // len(SECTION) + 1))[:size]


def ours(text: str) -> tuple[float, int]:
    """CPU seconds and bytes written, a frame for each event."""
    out, clock = Counter(), FakeClock()
    env = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
    start = time.process_time()
    with MarkdownStream(Console(io.StringIO(), out, out, env), clock=clock) as stream:
        for at in range(0, len(text), EVENT):
            stream.feed(text[at : at + EVENT])
            clock.advance(10)
    return time.process_time() - start, out.bytes


def rich_live(text: str, sample: int) -> tuple[float, int]:
    """The same for rich.live over rich.markdown, extrapolated from each ``sample``-th event."""
    out = Counter()
    console = RichConsole(file=out, force_terminal=True, width=COLUMNS, height=LINES)
    start = time.process_time()
    with Live(console=console, auto_refresh=False) as live:
        for at in range(EVENT, len(text) + 1, EVENT * sample):
            live.update(Markdown(text[:at]), refresh=True)
    return (time.process_time() - start) * sample, out.bytes * sample


def main(*flags: str) -> None:
    """Print the table."""
    sample = 1 if "--whole" in flags else SAMPLE
    print(f"{'answer':>8} {'CPU':>8} {'per event':>10} {'growth':>7} {'written':>10}   side")
    before = 0.0
    for size in SIZES:
        seconds, written = ours(answer(size))
        growth = f"x{seconds / before:.2f}" if before else ""
        each = seconds / (size / EVENT) * 1000
        print(f"{size:>8} {seconds:>7.2f}s {each:>8.2f}ms {growth:>7} {written:>10,}   poe")
        before = seconds
    ours_at_20 = ours(answer(SIZES[1]))[0]
    seconds, written = rich_live(answer(SIZES[1]), sample)
    each = seconds / (SIZES[1] / EVENT) * 1000
    print(f"{SIZES[1]:>8} {seconds:>7.2f}s {each:>8.2f}ms {'':>7} {written:>10,}   rich.live")
    print(f"poe uses {seconds / ours_at_20:.0f} times less CPU at {SIZES[1]:,} characters")


if __name__ == "__main__":
    main(*sys.argv[1:])
