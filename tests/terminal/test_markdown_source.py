from __future__ import annotations

import os

import pytest
from rich.cells import cell_len

from poecli.terminal.foreign import clean
from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import MarkdownSource, PlainSource, Source, render
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


EXAMPLES = [*corpus.EXAMPLES, *corpus.JOINED_GLYPHS, *corpus.specification()]


@pytest.mark.unmeasured
@pytest.mark.parametrize("text", [clean(text) for text in EXAMPLES])
def test_an_example_in_pieces_has_the_rows_of_the_whole(text: str) -> None:
    """Whatever the pieces, the rows are those of the document rendered at once."""
    whole = render(text, Rows(WIDTH, color=False))
    if not any(text == forward for forward, _ in corpus.FORWARD_REFERENCES):
        assert {chunk: rows_of(text, chunk) for chunk in CHUNKS} == dict.fromkeys(CHUNKS, whole)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(30))
def test_joined_examples_in_pieces_have_the_rows_of_the_whole(seed: int) -> None:
    """A block's neighbours do not change its rows."""
    text = clean(corpus.joined(6, seed))
    whole = render(text, Rows(WIDTH, color=False))
    assert {chunk: rows_of(text, chunk) for chunk in (1, 5)} == dict.fromkeys((1, 5), whole)


def test_known_exceptions_are_still_exceptions() -> None:
    """A reference whose definition comes after its block is final is not resolved."""
    wholes = [render(text, Rows(WIDTH)) for text, _ in corpus.FORWARD_REFERENCES]
    pieces = [rows_of(text, 1, color=True) for text, _ in corpus.FORWARD_REFERENCES]
    assert all(piece != whole for piece, whole in zip(pieces, wholes, strict=True))


@pytest.mark.unmeasured
@pytest.mark.parametrize("chunk", [97, 400, 10_000])
def test_a_long_table_keeps_the_columns_of_its_first_rows(chunk: int) -> None:
    """Past the rows that are measured, each row is final as it comes, and fits the same columns."""
    text = f"before\n\n{LONG_TABLE}| x | {'wider ' * 20} |\n\nafter\n"
    assert rows_of(text, chunk) == render(text, Rows(WIDTH, color=False))


def test_rows_of_a_long_table_are_final_as_they_come() -> None:
    """A table of any length costs no more than its measured rows."""
    source = MarkdownSource(Rows(WIDTH))
    source.feed(LONG_TABLE)
    assert len(source.feed("| 260 | row |\n")) == 1
    assert source.tail() == []


@pytest.mark.unmeasured
def test_a_long_table_may_be_followed_at_once() -> None:
    """A heading ends a table without an empty line."""
    text = f"{LONG_TABLE}# Head\n"
    assert rows_of(text, 97) == render(text, Rows(WIDTH, color=False))


@pytest.mark.parametrize(
    ("start", "line", "rows"),
    [
        ("```\n", "code\n", ["code"]),
        ("- a\n- b\n", "- c\n", [" • b"]),
        ("text\n\n", "# Head\n", ["text"]),
        ("text\n\n", "more text\n\n", ["text"]),
        ("1. a\n", "1. b\n", [" 1. a"]),
    ],
    ids=["code", "item", "heading", "paragraph", "number"],
)
def test_what_a_line_makes_final(start: str, line: str, rows: list[str]) -> None:
    """Finished parts of an open block are final at once: later frames never pay for them."""
    source = MarkdownSource(Rows(WIDTH, color=False))
    source.feed(start)
    assert source.feed(line) == rows


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("text", ["text"]),
        ("text\n-", ["text"]),
        ("text\n```", ["text"]),
        ("```py\nx = 1\n``", []),
        ("```py\nx =", ["x ="]),
        ("[half](http://exa", ["[half](http://exa"]),
        ("| a | b |\n|---|", ["| a | b |"]),
    ],
    ids=["text", "undecided", "fence opens", "fence closes", "code", "link", "table"],
)
def test_the_tail_shows_what_is_decided(text: str, tail: list[str]) -> None:
    """Characters that may become a marker wait; all others are shown as they look now."""
    source = MarkdownSource(Rows(WIDTH, color=False))
    source.feed(text)
    assert source.tail() == tail


def test_colours_of_code_in_pieces() -> None:
    """Code is coloured in pieces as it is at once, while a token is no longer than the context."""
    text = '```python\ndef f(x):\n    return """a\nb"""\n```\n'
    assert rows_of(text, 1, color=True) == render(text, Rows(WIDTH))


@pytest.mark.parametrize("chunk", CHUNKS)
def test_plain_text_keeps_its_lines(chunk: int) -> None:
    """Plain text is folded at the width and otherwise shown as it came."""
    text = "# a\n\n\tb\n" + "x" * (WIDTH + 1) + "\n漢字"
    want = ["# a", "", "    b", "x" * WIDTH, "x", "漢字"]
    assert streamed(PlainSource(WIDTH), text, chunk) == want


def test_no_row_is_wider_than_the_screen() -> None:
    """Whatever the width, a row never needs a second row of the terminal."""
    text = clean("\n".join(corpus.EXAMPLES))
    wide = {
        width: [row for row in render(text, Rows(width, color=False)) if cell_len(row) > width]
        for width in (2, 3, 7, 11, 24, 59)
    }
    assert not any(wide.values())
