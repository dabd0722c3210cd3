from __future__ import annotations

import pytest

from poecli.terminal.foreign import clean
from poecli.terminal.markdown import MarkdownStream
from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import render
from tests.terminal import corpus
from tests.terminal.screen import FakeClock, FakeTerminal, console_on

ONE_FRAME = 3.0  # seconds: longer than any pause between frames


def rendered(text: str, columns: int = 60) -> list[str]:
    """The one-shot rendering, as rows of a screen."""
    rows = [row.rstrip() for row in render(clean(text), Rows(columns - 1, color=False))]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def feed(stream: MarkdownStream, clock: FakeClock, text: str, chunk: int) -> None:
    for start in range(0, len(text), chunk):
        stream.feed(text[start : start + chunk])
        clock.advance(ONE_FRAME)


@pytest.mark.parametrize("chunk", [7, 33, 80])
@pytest.mark.parametrize("seed", range(4))
def test_a_long_answer_leaves_the_rows_of_the_whole(seed: int, chunk: int) -> None:
    """Screen plus scrollback is the one-shot rendering, row for row, and nothing stands twice."""
    terminal, clock, text = FakeTerminal(), FakeClock(), corpus.long_answer(seed)
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        feed(stream, clock, text, chunk)
    assert terminal.rows() == rendered(text)
