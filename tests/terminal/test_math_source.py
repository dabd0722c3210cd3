"""Formulas are shown letter by letter; prices, code and the rest of Markdown as ever."""

from __future__ import annotations

import pytest

from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import MarkdownSource, render

FORMULAS = [
    (r"Let \(x_1 * y_2 * z\) be.", [r"Let \(x_1 * y_2 * z\) be."]),
    (r"\[ \{a_1, a_2\} \, *b* \]", [r"\[ \{a_1, a_2\} \, *b* \]"]),
    (r"$a_1$ and $b_2 * c_3 *$", [r"$a_1$ and $b_2 * c_3 *$"]),
    (r"$$\sum_{i=0}^n x_i_j$$", [r"$$\sum_{i=0}^n x_i_j$$"]),
    ("$$\na_1 * b\n= c_2 * d\n$$", ["$$ a_1 * b = c_2 * d $$"]),
    (r"cost: \$5, set \{1\}", "cost: $5, set {1}"),
    ("$5 and $6 *off*", "$5 and $6 off"),
    ("$HOME_A and $PATH_B *x*", "$HOME_A and $PATH_B x"),
    ("US$5-$6 a *day*", "US$5-$6 a day"),
    ("`$a_1$` *b*", "$a_1$ b"),
    ("$ a_1 $ *b*", "$ a_1 $ b"),
    ("$a `$` *b*", "$a $ b"),
    (r"\(never closed *b*", "(never closed b"),
    ("$$", "$$"),
    ("$", "$"),
    (r"a \[link\](x) *b*", r"a \[link\](x) b"),
]


@pytest.mark.parametrize(("text", "shown"), FORMULAS, ids=[text[:20] for text, _ in FORMULAS])
def test_a_formula_is_shown_as_it_is(text: str, shown: list[str] | str) -> None:
    """No backslash is lost in it and no sign is taken for emphasis."""
    expected = shown if isinstance(shown, list) else [shown]
    assert render(text, Rows(80, color=False)) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_formula_streams_as_it_is_rendered_at_once(size: int) -> None:
    """Cut anywhere, the rows are those of the whole."""
    text = "".join(f"{formula}\n\n" for formula, _ in FORMULAS)
    source = MarkdownSource(Rows(80, color=False))
    rows: list[str] = []
    for start in range(0, len(text), size):
        rows += source.feed(text[start : start + size])
    assert rows + source.finish() == render(text, Rows(80, color=False))
