"""CPU of an answer streamed as HTML: against one render of the whole.

    python -m tests.benchmarks.playground_markdown

80,000 characters in 400 frames, and what each doubling costs from 40,000 to 160,000 characters. The
goals, in renders of the whole: prose 3, code 2.2, table 1.5, list 3.2, nested list 6.5; at most
2.1 for each doubling; no frame over 10 ms at 160,000 characters.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from poecli.playground.markdown.stream import HtmlStream, render
from tests.playground.page import streamed

FRAMES = 400
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


def in_frames(text: str) -> tuple[float, float, int]:
    """CPU seconds of all frames and of the longest, and the characters that the page gets."""
    stream, size = HtmlStream(), -(-len(text) // FRAMES)
    longest = total = 0.0
    sent = 0
    for at in range(0, len(text) + size, size):
        began = time.thread_time()
        stream.feed(text[at : at + size])
        operations = stream.frame() if at < len(text) else stream.finish()
        took = time.thread_time() - began
        total, longest = total + took, max(longest, took)
        sent += sum(len(str(value)) for operation in operations for value in operation)
    return total, longest, sent


def table() -> list[str]:
    """The lines of the table."""
    lines = [f"{'80 kB of':<12}{'renders':>9}{'doubling':>10}{'longest ms':>12}{'bytes':>8}"]
    for name, shape in SHAPES.items():
        texts = [shape(size) for size in SIZES]
        assert streamed([texts[0][:9_000], texts[0][9_000:]]) == render(texts[0])
        whole = min(one_render(texts[1]) for _ in range(3))
        small, middle, large = (in_frames(text) for text in texts)
        html = sum(map(len, render(texts[1])))
        lines.append(
            f"{name:<12}{middle[0] / whole:>9.1f}{(large[0] / small[0]) ** 0.5:>10.2f}"
            f"{large[1] * 1000:>12.1f}{middle[2] / html:>8.1f}"
        )
    return lines


if __name__ == "__main__":
    print("\n".join(table()))
