"""The page's stream: numbered frames, resumed where it was cut, never waiting for a page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from poecli.playground.feed import Feed

STATE = {"type": "state"}


def feed() -> Feed:
    return Feed(lambda: [STATE])


def parsed(frame: bytes) -> tuple[str, list[Any]]:
    number, data = frame.decode().removesuffix("\n\n").split("\n")
    return number.removeprefix("id: "), json.loads(data.removeprefix("data: "))


async def opened(source: Feed, last: str = "") -> tuple[AsyncIterator[bytes], list[Any]]:
    """A page's stream, and the messages of its first frame."""
    frames = source.frames(last)
    assert (await anext(frames)).startswith(b"retry: ")
    return frames, parsed(await anext(frames))[1]


async def test_a_page_begins_with_the_state() -> None:
    _, first = await opened(feed())
    assert first == [STATE]


async def test_messages_of_a_moment_come_in_one_frame() -> None:
    source = feed()
    frames, _ = await opened(source)
    for number in range(3):
        source.publish({"n": number})
    assert parsed(await anext(frames))[1] == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_a_page_that_comes_back_gets_what_it_missed() -> None:
    source = feed()
    frames, _ = await opened(source)
    source.publish({"n": 1})
    last, _ = parsed(await anext(frames))
    source.publish({"n": 2})
    await anext(frames)
    _, missed = await opened(source, last)
    assert missed == [{"n": 2}]


async def test_a_page_of_another_server_gets_the_state() -> None:
    _, first = await opened(feed(), "deadbeef.7")
    assert first == [STATE]


async def test_a_page_that_missed_too_much_gets_the_state() -> None:
    source = feed()
    frames, _ = await opened(source)
    source.publish({"n": 0})
    last, _ = parsed(await anext(frames))
    for number in range(3):
        source.publish({"text": "x" * 2_000_000, "n": number})
        await anext(frames)
    _, first = await opened(source, last)
    assert first == [STATE]


async def test_a_page_that_does_not_read_is_not_waited_for() -> None:
    """It gets the state once it reads again, whatever was told meanwhile."""
    source = feed()
    frames, _ = await opened(source)
    reading = asyncio.ensure_future(anext(frames))
    await asyncio.sleep(0)
    for number in range(600):
        source.publish({"n": number})
        source._flush()
    state = parsed(await reading)[1]
    source.publish({"n": "later"})
    assert [state, parsed(await anext(frames))[1]] == [[STATE], [{"n": "later"}]]


async def test_nothing_is_kept_before_somebody_looks() -> None:
    source = feed()
    source.publish({"n": 1})
    _, first = await opened(source)
    assert first == [STATE]


async def test_a_closed_feed_ends_every_page() -> None:
    source = feed()
    frames, _ = await opened(source)
    reading = asyncio.ensure_future(anext(frames, None))
    await asyncio.sleep(0)
    source.close()
    assert await reading is None
