"""The page's stream: numbered frames, resumed where it was cut, never waiting for a page."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from itertools import pairwise
from typing import Any

from poecli.playground.feed import Feed, Message, Paced

STATE = {"type": "state"}


def feed() -> Feed:
    return Feed(lambda: [STATE])


def parsed(frame: bytes) -> tuple[str, list[Any]]:
    number, data = frame.decode().removesuffix("\n\n").split("\n")
    return number.removeprefix("id: "), json.loads(data.removeprefix("data: "))


async def opened(source: Feed, last: str = "") -> tuple[AsyncGenerator[bytes, None], list[Any]]:
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


async def rush(changes: Paced, until: float) -> None:
    """Eleven changes a moment, for so many seconds."""
    clock = asyncio.get_running_loop().time
    end = clock() + until
    while clock() < end:
        for number in range(11):
            changes.changed(number, turn(number))
        await asyncio.sleep(0.01)


async def at_of(frame: Awaitable[object]) -> float:
    """When it came."""
    await frame
    return asyncio.get_running_loop().time()


def turn(number: int) -> Callable[[], Message]:
    return lambda: {"turn": number}


async def test_a_change_is_told_as_the_thing_stands_when_its_time_has_come() -> None:
    source, told = feed(), [0]
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.05)
    changes.changed("a", lambda: {"n": told[-1]})
    changes.changed("a", lambda: {"n": told[-1]})
    told.append(1)
    assert parsed(await anext(frames))[1] == [{"n": 1}]


async def test_of_a_rush_some_are_told_and_after_it_the_rest() -> None:
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.001, most=50, rest_seconds=0.02)
    for number in range(60):
        changes.changed(number, turn(number))
    seen = [parsed(await anext(frames))[1] for _ in range(2)]
    assert [[m["turn"] for m in frame] for frame in seen] == [[*range(10, 20)], [*range(20, 60)]]


async def test_what_a_page_has_heard_of_is_told_to_its_end() -> None:
    """However many others there are: it shows it as running."""
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.001, most=2)
    changes.changed(0, turn(0))
    await anext(frames)
    for number in (0, 1, 2, 3):
        changes.changed(number, turn(number))
    assert [m["turn"] for m in parsed(await anext(frames))[1]] == [0, 3]


async def test_the_more_was_told_the_later_comes_what_follows() -> None:
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.04, most=50)
    for number in range(10):
        changes.changed(number, turn(number))
    await anext(frames)
    began = asyncio.get_running_loop().time()
    changes.changed("later", turn(10))
    await anext(frames)
    assert asyncio.get_running_loop().time() - began > 0.3


async def test_while_a_rush_lasts_a_page_has_a_rest() -> None:
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.001, most=50, rest_seconds=0.3)
    ends = asyncio.create_task(rush(changes, until=0.7))
    told = [await at_of(anext(frames)) for _ in range(3)]
    await ends
    assert [later - sooner > 0.25 for sooner, later in pairwise(told)] == [True, True]


async def test_what_is_told_in_a_rush_says_so() -> None:
    """Its page need not ask for more of it."""
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.001, most=50, rest_seconds=0.02)
    for number in range(11):
        changes.changed(number, turn(number))
    told = [message for _ in range(2) for message in parsed(await anext(frames))[1]]
    assert [message.get("rush", False) for message in told] == [True] * 10 + [False]


async def test_a_rush_after_a_quiet_change_is_told_at_once() -> None:
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.001, most=50, rest_seconds=60)
    changes.changed("quiet", turn(0))
    await anext(frames)
    for number in range(11):
        changes.changed(number, turn(number))
    assert [m["turn"] for m in parsed(await anext(frames))[1]] == [*range(10)]


async def test_after_a_rush_the_rest_is_told_long_before_the_next_would_be() -> None:
    source = feed()
    frames, _ = await opened(source)
    changes = Paced(source, seconds=0.001, most=50, rest_seconds=60)
    for number in range(11):
        changes.changed(number, turn(number))
    await anext(frames)
    assert parsed(await anext(frames))[1] == [{"turn": 10}]


async def test_nothing_is_made_for_nobody() -> None:
    made: list[Message] = []

    def make() -> Message:
        made.append(STATE)
        return STATE

    source = feed()
    source.publish(STATE)
    Paced(source, seconds=0.05).changed("a", make)
    await asyncio.sleep(0.15)
    assert (made, source._kept) == ([], deque())


async def test_a_page_that_was_away_too_long_gets_the_state() -> None:
    source = Feed(lambda: [STATE], awaited_seconds=0)
    frames, _ = await opened(source)
    source.publish({"n": 1})
    last, _ = parsed(await anext(frames))
    await frames.aclose()
    source.publish({"n": 2})
    _, first = await opened(source, last)
    assert first == [STATE]
