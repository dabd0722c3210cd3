"""CPU of an answer streamed as HTML: against one render of the whole.

    python -m tests.benchmarks.playground_markdown

80,000 characters in 400 frames, and what each doubling costs from 40,000 to 160,000 characters. The
goals, in renders of the whole: prose 3, code 2.2, table 1.5, list 3.2, nested list 6.5; at most
2.1 for each doubling. A frame that takes long is made in a thread: what others on the event loop
wait for meanwhile, at 160,000 characters, is 10 ms at most. Bytes to the page: for prose and tables
1.2 times the final HTML and 20 for each frame; in one operation 16,000 characters.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable

from poecli.playground.answer_text import AnswerText
from poecli.playground.markdown.operations import Operation
from poecli.playground.markdown.stream import HtmlStream, render
from poecli.protocol.events import Text
from tests.playground.page import streamed

FRAMES = 400
TRIES = 3  # the best of them: other programs on the machine only add
SIZES = (40_000, 80_000, 160_000)
_CODE = (
    'def total(items: list[int]) -> int:\n    """The sum of *items*."""\n    return sum(items)\n'
)
_WORDS = "Some *words* with `code`, a [link](https://example.com) and **bold** ones in a row.\n"


def _repeated(part: str, size: int, head: str = "") -> str:
    return (head + part * (size // len(part) + 1))[:size]


SHAPES: dict[str, Callable[[int], str]] = {
    "prose": lambda size: _repeated(_WORDS * 4 + "\n", size),
    "code": lambda size: _repeated(_CODE, size, "```python\n"),
    "table": lambda size: _repeated(
        "| one | two | `three` |\n", size, "| a | b | c |\n|---|---|--:|\n"
    ),
    "list": lambda size: _repeated("- an item of *some* words\n  - and one below it\n", size),
    "nested": lambda size: _repeated("  - " + _WORDS, size, "- top\n"),
    "one line": lambda size: _repeated(_WORDS.replace("\n", " "), size),
    "many lines": lambda size: _repeated(_WORDS, size),
}


def one_render(text: str) -> float:
    """CPU seconds."""
    began = time.thread_time()
    render(text)
    return time.thread_time() - began


def in_frames(text: str) -> tuple[float, float, list[list[Operation]]]:
    """CPU seconds of all frames and of the longest, and what the page gets."""
    stream, size = HtmlStream(), -(-len(text) // FRAMES)
    longest = total = 0.0
    frames = []
    for at in range(0, len(text) + size, size):
        began = time.thread_time()
        stream.feed(text[at : at + size])
        frames.append(stream.frame() if at < len(text) else stream.finish())
        took = time.thread_time() - began
        total, longest = total + took, max(longest, took)
    return total, longest, frames


async def longest_wait(text: str) -> float:
    """Seconds by which anything else on the loop came late, while the answer was painted."""
    answer, size, latest = AnswerText(), -(-len(text) // FRAMES), 0.0

    async def probe() -> None:
        nonlocal latest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            latest = max(latest, time.perf_counter() - began - 0.001)

    probing = asyncio.create_task(probe())
    for at in range(0, len(text) + size, size):
        answer.take(Text(text[at : at + size]))
        await answer.frame(is_last=at >= len(text))
        await asyncio.sleep(0.001)
    probing.cancel()
    return latest


async def table() -> list[str]:
    """The lines of the table."""
    gc.collect()
    gc.freeze()  # as `poe dev` does once it is ready
    head = ("renders", "doubling", "frame ms", "wait ms", "bytes", "operation")
    lines = [f"{'80 kB of':<12}" + "".join(f"{each:>11}" for each in head)]
    for name, shape in SHAPES.items():
        texts = [shape(size) for size in SIZES]
        assert streamed([texts[0][:9_000], texts[0][9_000:]]) == render(texts[0])
        whole = min(one_render(texts[1]) for _ in range(TRIES))
        small, middle, large = (min(in_frames(text) for _ in range(TRIES)) for text in texts)
        html = sum(map(len, render(texts[1]))) + 20 * FRAMES
        told = [json.dumps(frame, separators=(",", ":")) for frame in middle[2]]
        wait = await longest_wait(texts[2])
        lines.append(
            f"{name:<12}{middle[0] / whole:>11.1f}{(large[0] / small[0]) ** 0.5:>11.2f}"
            f"{large[1] * 1000:>11.1f}{wait * 1000:>11.1f}{sum(map(len, told)) / html:>11.2f}"
            f"{max(len(str(each[-1])) for frame in large[2] for each in frame):>11,}"
        )
    return lines


if __name__ == "__main__":
    print("\n".join(asyncio.run(table())))
