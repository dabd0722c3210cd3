"""Answers of the local Poe to a caller that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from aiohttp import web

from poecli.emulator.routes.wire import send_events, send_frames
from poecli.protocol.events import Event, Text
from poecli.protocol.sse import Frame

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def until_gone(request: web.Request) -> None:
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - aiohttp tells it in no other way
        await asyncio.sleep(0.01)


async def at_the_first_byte(request: web.Request) -> web.StreamResponse:
    await until_gone(request)
    return await send_frames(request, [Frame("done", "{}")])


async def before_the_head(request: web.Request) -> web.StreamResponse:
    async def events() -> AsyncGenerator[Event, None]:
        yield Text("late")

    await until_gone(request)
    return await send_events(request, events())


async def between_two_events(request: web.Request) -> web.StreamResponse:
    async def events() -> AsyncGenerator[Event, None]:
        yield Text("one")
        await until_gone(request)
        yield Text("two")

    return await send_events(request, events())


async def at_the_last_byte(request: web.Request) -> web.StreamResponse:
    async def events() -> AsyncGenerator[Event, None]:
        yield Text("one")
        await until_gone(request)

    return await send_events(request, events())


MOMENTS = (at_the_first_byte, before_the_head, between_two_events, at_the_last_byte)


@pytest.mark.parametrize("handler", MOMENTS, ids=lambda handler: handler.__name__)
async def test_a_caller_may_leave_at_any_moment(
    handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that ends early is no fault of ours, and none is logged."""
    over = asyncio.Event()

    async def watched(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            over.set()

    app = web.Application()
    app.router.add_get("/", watched)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await writer.drain()
    writer.transport.abort()
    await asyncio.wait_for(over.wait(), 10)
    await runner.cleanup()

    assert caplog.messages == []
