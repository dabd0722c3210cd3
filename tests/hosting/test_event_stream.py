"""A bot's events on their way out, through an exchange whose client a test has take its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sse_starlette.sse import ServerSentEvent  # type: ignore[attr-defined] # as event_stream

from poecli.hosting.serving.event_stream import send_events
from poecli.http1.exchange import Exchange
from poecli.http1.heads import ResponseHead
from poecli.waiting import within

LIMIT_SECONDS = 30


class SlowClient(Exchange):
    """Takes nothing but the head until ``may_take``."""

    def __init__(self) -> None:
        super().__init__("POST", "/", "/", ())
        self.is_writing = asyncio.Event()
        self.may_take = asyncio.Event()

    @property
    def transport(self) -> None:
        return None

    async def read_some(self) -> tuple[bytes, bool]:
        return b"", False

    async def begin(self, head: ResponseHead) -> None:
        del head
        self.is_begun = True

    async def write(self, data: bytes) -> None:
        del data
        self.is_writing.set()
        await self.may_take.wait()

    async def end(self, data: bytes = b"") -> None:
        del data
        self.is_over = True

    def abort(self) -> None:
        raise AssertionError("nobody hangs up")

    async def gone(self) -> None:
        await asyncio.Event().wait()


async def test_an_answer_that_ends_while_its_last_bytes_wait_is_whole() -> None:
    """The bot still has something to do after its last event, and the client reads slowly."""
    client, has_ended = SlowClient(), asyncio.Event()

    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(event="done", data="{}")
        await client.is_writing.wait()
        has_ended.set()

    async def take_once_it_has_ended() -> None:
        await has_ended.wait()
        await asyncio.sleep(0)  # the bot's task is over with its next step
        client.may_take.set()

    sending = send_events(client, events(), ping_seconds=60)
    await within(asyncio.gather(sending, take_once_it_has_ended()), LIMIT_SECONDS)
    assert client.is_over
