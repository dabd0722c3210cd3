"""What of a text that grows is final. Whole answers are streamed in terminal/ and playground/."""

from __future__ import annotations

import pytest
from markdown_it.token import Token

from poecli import markdown_blocks
from poecli.markdown_blocks import BLOCKS, UNDECIDED, FenceMarks, top_level


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n", 0),
        ("a\n\nb\n", 2),
        ("a\n\nb\n\n", 2),
        ("# a\nb\n", 1),
        ("- a\n- b\n\n\nc\n", 4),
        ("[a]: /url\nb\n", 0),
        ("c\n\n[a]: /url\nb\n", 2),
        ("[a]: /url\n- b\n", 1),
        ("[a]: /url\n```\ncode\n", 1),
        ("[a]: /url\n| b |\n|---|\n", 1),
    ],
)
def test_all_blocks_are_final_but_the_last_with_the_definitions_above_it(
    text: str, line: int
) -> None:
    assert markdown_blocks.start_of_last(_openings(text), text) == line


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ('- [a]: /url\n"title\n', True),
        ('> [a]: /url\n"title\n', True),
        ('1. [a]: /url\n"title\n', True),
        ('- [a]: /url\n\n"title\n', False),
        ("- [a]: /url\n# heading\n", False),
        ('# a\n"title\n', False),
        ("a\n", False),
    ],
)
def test_a_paragraph_right_below_a_list_or_quote_may_be_a_title(text: str, may: bool) -> None:
    assert markdown_blocks.may_be_title(_openings(text), text) is may


@pytest.mark.parametrize(
    ("text", "may"),
    [("```a | b\n", True), ("```a | b\ncode\n", False), ("```python\n", False)],
)
def test_a_fence_may_be_the_head_of_a_table_until_its_next_line(text: str, may: bool) -> None:
    assert markdown_blocks.may_be_table(_openings(text)[0]) is may


@pytest.mark.parametrize(
    ("first", "line", "closes"),
    [
        ("```", "```", True),
        ("```", "````  ", True),
        ("  ~~~ text", "   ~~~\t", True),
        ("````", "```", False),
        ("```", "~~~", False),
        ("```", "    ```", False),
        ("```", "``` more", False),
    ],
)
def test_a_fence_is_closed_by_its_own_marks(first: str, line: str, closes: bool) -> None:
    assert FenceMarks(first).are_closed_by(line) is closes


@pytest.mark.parametrize(
    ("first", "line", "code"),
    [("```", "  a", "  a"), ("  ```", "  a", "a"), ("  ```", "    a", "  a"), ("  ```", " a", "a")],
)
def test_code_loses_the_indentation_of_its_fence(first: str, line: str, code: str) -> None:
    assert FenceMarks(first).strip(line) == code


@pytest.mark.parametrize(
    ("line", "is_undecided"),
    [("", True), ("- ", True), ("| ", True), ("==", True), ("``", True), ("- a", False)],
)
def test_a_line_of_marks_alone_is_undecided(line: str, is_undecided: bool) -> None:
    assert bool(UNDECIDED.match(line)) is is_undecided


def _openings(text: str) -> list[Token]:
    return [block[0] for block in top_level(BLOCKS.parse(text, {}))]
