"""Lines break between words, and go on below the beginning of their text."""

from __future__ import annotations

import pytest

from poecli.terminal.folding import folded

URL = "https://poe.com/a/rather/long/path/of/a/file"
CASES = [
    ("short", "one two", ["one two"]),
    ("just fits", "x" * 30, ["x" * 30]),
    ("words", "one two three four five six seven", ["one two three four five six", "seven"]),
    (
        "blanks before",
        "    one two three four five six seven",
        ["    one two three four five", "    six seven"],
    ),
    (
        "a column before",
        "/bot  Go on with another one that sees all",
        ["/bot  Go on with another one", "      that sees all"],
    ),
    (
        "a column that is too wide",
        "/feedback like|dislike  Tell the bot",
        ["/feedback like|dislike  Tell", "the bot"],
    ),
    ("an address", f"See {URL} there", ["See", URL, "there"]),
    ("an address behind a column", f"1  {URL}", [f"1  {URL}"]),
    ("wide", "東京 東京東京東京東京 東京東京東", ["東京 東京東京東京東京", "東京東京東"]),
    ("lines", "one\n\n  two", ["one", "", "  two"]),
    ("nothing", "", [""]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_line_breaks_between_words(text: str, rows: list[str]) -> None:
    """At thirty columns; a word that is wider stays whole."""
    assert folded(text, 30).split("\n") == rows


HANGING = [
    ("short", "  │ one two", ["  │ one two"]),
    (
        "behind a bar",
        "  │ one two three  four five six seven",
        ["  │ one two three  four five", "  │   six seven"],
    ),
    ("no margin", "one two three four five six seven", ["one two three four five six", "  seven"]),
    ("an address", f"  │ See {URL} there", ["  │ See", f"  │   {URL}", "  │   there"]),
    ("an address at once", f"  │ {URL} there", [f"  │ {URL}", "  │   there"]),
]


@pytest.mark.parametrize(("text", "rows"), [c[1:] for c in HANGING], ids=[c[0] for c in HANGING])
def test_a_line_that_hangs_goes_on_behind_its_margin(text: str, rows: list[str]) -> None:
    """At thirty columns, two further in; the bar of a log stands before each row."""
    assert folded(text, 30, 2).split("\n") == rows
