"""An answer's text while a thread makes its frames."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from poecli.playground.answer_text import AnswerText
from poecli.playground.markdown import stream as stream_module
from poecli.playground.markdown.operations import Operation
from poecli.playground.markdown.stream import HtmlStream, render
from poecli.protocol.events import ReplaceResponse, Text
from tests.playground.page import Page

FIRST, SECOND = "# one\n\ntwo\n\nthr", "ee\n\nfour\n"


def fed_within_a_frame(at: int) -> list[str]:
    """The blocks in the end, where more is fed before that line of a frame in a thread."""
    stream, page = HtmlStream(), Page()
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if frame.f_code.co_filename != stream_module.__file__:
            return None
        lines += event == "line"
        if event == "line" and lines == at:
            stream.feed(SECOND)
        return trace

    def make_a_frame() -> None:
        sys.settrace(trace)
        page.apply(stream.frame())

    stream.feed(FIRST)
    thread = threading.Thread(target=make_a_frame)
    thread.start()
    thread.join()
    assert lines >= at
    page.apply(stream.finish())
    return page.blocks


@pytest.mark.parametrize("at", range(1, 61))
def test_what_is_fed_within_a_frame_is_not_lost(at: int) -> None:
    assert fed_within_a_frame(at) == render(FIRST + SECOND)


async def test_a_frame_of_a_text_that_began_anew_meanwhile_is_dropped() -> None:
    text, page = AnswerText(), Page()
    text.take(Text("old " * 5_000))
    old_frame = asyncio.ensure_future(text.frame(is_last=False))
    await asyncio.sleep(0)  # it is in its thread
    page.apply(text.anew(is_over=False))
    assert await old_frame == []
    page.apply(await text.frame(is_last=True))
    assert page.blocks == render("old " * 5_000)


async def test_an_answer_that_was_made_ready_is_told_as_it_is_and_again_when_more_came() -> None:
    text, page = AnswerText(), Page()
    text.take(Text("one\n\n"))
    await text.prepare()
    told = text.anew(is_over=True)
    assert text.anew(is_over=True) is told
    text.take(Text("two"))
    page.apply(text.anew(is_over=True))
    assert page.blocks == render("one\n\ntwo")


async def test_a_long_end_is_told_in_portions_that_a_page_reads_at_once() -> None:
    code = "```python\n" + '"""\n1 + 1\n"""\n' * 1_000
    text, page = AnswerText(), Page()
    text.take(Text(code))
    told: list[list[Operation]] = []
    over = asyncio.Event()
    over.set()
    await text.paint(told.append, over)
    for portion in told:
        page.apply(portion)
    assert page.blocks == render(code)
    assert len(told) > 1
    assert max(len(str(portion)) for portion in told) < 80_000


async def test_a_replacement_begins_anew() -> None:
    text, page = AnswerText(), Page()
    text.take(Text("thinking"))
    assert text.take(ReplaceResponse("answer"))
    page.apply(text.anew(is_over=True))
    assert page.blocks == render("answer")
