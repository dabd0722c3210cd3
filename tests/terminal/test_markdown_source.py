from __future__ import annotations

import os

import pytest

from poecli.terminal.foreign import clean
from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import MarkdownSource, Source, render
from tests.terminal import corpus

WIDTH = 40
CHUNKS = range(1, 81) if os.environ.get("POE_FULL_TESTS") else (1, 3, 7, 80)
LONG_TABLE = "| n | text |\n|---|---|\n" + "".join(f"| {i} | row {i} |\n" for i in range(260))


def streamed(source: Source, text: str, chunk: int) -> list[str]:
    rows: list[str] = []
    for start in range(0, len(text), chunk):
        rows += source.feed(text[start : start + chunk])
        source.tail()
    return rows + source.finish()


def rows_of(text: str, chunk: int, *, color: bool = False) -> list[str]:
    return streamed(MarkdownSource(Rows(WIDTH, color=color)), text, chunk)


@pytest.mark.parametrize("text", [clean(t) for t in corpus.EXAMPLES + corpus.specification()])
def test_an_example_in_pieces_has_the_rows_of_the_whole(text: str) -> None:
    """Whatever the pieces, the rows are those of the document rendered at once."""
    whole = render(text, Rows(WIDTH, color=False))
    if not any(text == forward for forward, _ in corpus.FORWARD_REFERENCES):
        assert {chunk: rows_of(text, chunk) for chunk in CHUNKS} == dict.fromkeys(CHUNKS, whole)


@pytest.mark.parametrize("seed", range(30))
def test_joined_examples_in_pieces_have_the_rows_of_the_whole(seed: int) -> None:
    """A block's neighbours do not change its rows."""
    text = clean(corpus.joined(6, seed))
    whole = render(text, Rows(WIDTH, color=False))
    assert {chunk: rows_of(text, chunk) for chunk in (1, 5)} == dict.fromkeys((1, 5), whole)
