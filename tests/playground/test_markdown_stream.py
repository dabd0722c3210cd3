"""An answer in pieces ends on the page as one render of the whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poecli.playground.markdown.operations import MOST
from poecli.playground.markdown.stream import HtmlStream, render
from tests.playground.page import Page, streamed
from tests.terminal.corpus import EXAMPLES, FORWARD_REFERENCES, joined, long_answer


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


TABLES = [
    "| [x] |\n|---|\n| [x] |\n| [x] |\n\n[x]: http://a.b\n",
    "| a |\n|---|\n\n",
    "| a |\n|---|\n\nb\n",
    "| a |\n|---|\n| 1 |\n\n\n",
]

LONG_LAST_ITEM = f"- x\n- y\n- {'word ' * 900}\n# heading\n"


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "text", [*EXAMPLES, *TABLES, LONG_LAST_ITEM, *(text for text, _ in FORWARD_REFERENCES)]
)
@pytest.mark.parametrize("size", [1, 7])
def test_an_example_in_pieces_is_the_example_at_once(text: str, size: int) -> None:
    assert streamed(pieces(text, size)) == render(text)


@pytest.mark.parametrize("seed", range(20))
def test_blocks_of_many_kinds_after_each_other_end_right(seed: int) -> None:
    text = joined(4, seed)
    assert streamed(pieces(text, 5)) == render(text)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(2))
def test_a_long_answer_ends_right(seed: int) -> None:
    text = long_answer(seed, size=20_000)
    assert streamed(pieces(text, 97)) == render(text)


@settings(max_examples=60)
@given(
    parts=st.lists(
        st.sampled_from([*EXAMPLES, "[x]: http://a.b\n", "[x]", "- ", "\n"]), max_size=4
    ),
    data=st.data(),
)
def test_any_cuts_end_right(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    places = st.integers(0, len(text))
    cuts = sorted(data.draw(st.lists(places, max_size=5)))
    cut = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert streamed(cut) == render(text)


LARGE = {
    "one paragraph": "some words that go on " * 760,
    "lines of a paragraph": "some words that go on\n" * 760,
    "items under one": "- top\n" + "  - an item of some words\n" * 630,
    "quote": "> said some words\n" * 900,
    "loose items": "- an item of words\n\n" * 810,
    "code": "```c\n" + "/* a\n b */ int x;\n" * 900,
    "rows": "| a | b |\n|---|--:|\n" + "| one | `two` |\n" * 1_100,
    "numbered items": "7. an item of words\n" * 810,
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", LARGE)
def test_a_block_too_large_to_render_at_each_frame_ends_right(name: str) -> None:
    text = LARGE[name]
    assert len(text) > MOST
    assert streamed(pieces(text, 500)) == render(text)


@pytest.mark.parametrize("name", LARGE)
def test_no_change_is_larger_than_a_page_makes_in_one_frame(name: str) -> None:
    stream = HtmlStream()
    stream.feed(LARGE[name])
    changes = stream.frame() + stream.finish()
    assert max(len(value) for _, *values in changes for value in values[-1:]) <= MOST


SHOWN = [
    ("half a word", "hel", '<p dir="auto">hel</p>'),
    ("what may become a list", "text\n-", '<p dir="auto">text</p>'),
    ("emphasis without its end", "a *b", '<p dir="auto">a *b</p>'),
    ("an item that goes on", "- one\n- two\n- th", '<li dir="auto">th</li>'),
]


@pytest.mark.parametrize(("what", "text", "html"), SHOWN)
def test_what_has_not_ended_shows_as_it_looks_now(what: str, text: str, html: str) -> None:
    stream, page = HtmlStream(), Page()
    stream.feed(text)
    page.apply(stream.frame())
    assert html in [*page.open, *page.open_children], what


def test_what_a_page_has_already_is_not_sent_again() -> None:
    stream, page = HtmlStream(), Page()
    stream.feed("some 😀 *words* and more")
    page.apply(stream.frame())
    stream.feed(" of them")
    operations = stream.finish()
    page.apply(operations)
    assert page.blocks == ['<p dir="auto">some 😀 <em>words</em> and more of them</p>']
    assert operations == [["f", 45, " of them</p>"]]


def test_a_line_of_code_is_seen_while_it_is_typed() -> None:
    stream, page = HtmlStream(), Page()
    stream.feed("```python\nx = 1\nprint(")
    page.apply(stream.frame())
    assert (len(page.children), page.tail) == (1, "print(")


def test_a_frame_without_news_changes_nothing() -> None:
    stream = HtmlStream()
    stream.feed("a")
    stream.frame()
    assert stream.frame() == []


URL = "http://127.0.0.1:8080/_poe/files/" + "a" * 32 + "/dot.png"
WITH_PICTURES = [
    "![dot][ref]\n",
    "before ![dot][ref] after",
    "one\n\n![dot][ref]\n\nthree\n",
    "| a |\n|---|\n| ![dot][ref] |\n| b |\n",
    "- ![dot][ref]\n- two\n- three\n",
    "> ![dot][ref]\n",
]


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
@pytest.mark.parametrize("text", WITH_PICTURES)
def test_a_file_is_shown_where_the_text_names_it_before_or_after(text: str, cut: int) -> None:
    """The file may come at any moment of the answer; the page ends the same."""
    stream, page = HtmlStream(), Page()
    for number, piece in enumerate(pieces(text, 1 + len(text) // 3)):
        if number == cut:
            stream.define("ref", URL)
        stream.feed(piece)
        page.apply(stream.frame())
    if cut == len(pieces(text, 1 + len(text) // 3)):
        stream.define("ref", URL)
    page.apply(stream.finish())
    assert page.blocks == render(f"{text}\n\n[ref]: {URL}\n")
    assert '<img src="/_poe/files/' in "".join(page.blocks)


def test_a_definition_mends_only_the_blocks_that_name_it() -> None:
    stream = HtmlStream()
    stream.feed("[a] one\n\ntwo\n\nthree\n\n")
    stream.frame()
    stream.feed("[a]: http://x.y\n\nlast\n\nend\n")
    assert [operation[1] for operation in stream.frame() if operation[0] == "p"] == [0]
