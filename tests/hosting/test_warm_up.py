"""A worker that waits tries out a load and two answers."""

from __future__ import annotations

import asyncio

from poecli.hosting.process.warm_up import warm_up


async def test_the_whole_way_is_gone() -> None:
    """The settings and an answer come back over HTTP, or nothing would be tried out."""
    answers = await asyncio.to_thread(warm_up)

    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert b"response_version" in answers
    assert b'"text": "warm-up"' in answers
