"""The debugger's fixed port."""

from __future__ import annotations

import asyncio
import socket

import pytest

from poecli.devserver.debug_relay import DebugRelay
from poecli.errors import UsageError
from poecli.waiting import within

LIMIT_SECONDS = 30


async def _say_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(b"worker: " + data)
    writer.close()


async def test_it_leads_to_the_current_generation() -> None:
    """What arrives is passed on and back; a reload hangs up; without a bot it hangs up at once."""
    server = await asyncio.start_server(_say_back, "127.0.0.1", 0)
    ports: list[int | None] = [server.sockets[0].getsockname()[1]]
    relay = DebugRelay(lambda: ports[0])
    await relay.start(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(b"hello")
    assert await asyncio.wait_for(reader.readexactly(13), 10) == b"worker: hello"
    relay.hang_up()
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    ports[0] = None
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    await relay.close()
    server.close()
    await server.wait_closed()


async def test_a_port_that_is_taken() -> None:
    """Only one debugger's port at a time."""
    relay = DebugRelay(lambda: None)
    await relay.start(0)
    with pytest.raises(UsageError, match="debugger"):
        await DebugRelay(lambda: None).start(relay.port)
    await relay.close()


async def test_an_editor_that_reads_nothing_does_not_keep_it_open() -> None:
    """It stands at a breakpoint of its own, say, when `poe dev` is to end."""
    is_full = asyncio.Event()

    async def say_much(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(bytes(1024 * 1024))
                await within(writer.drain(), 1.0)
        except (OSError, asyncio.TimeoutError):
            is_full.set()
            writer.transport.abort()

    server = await asyncio.start_server(say_much, "127.0.0.1", 0)
    relay = DebugRelay(lambda: int(server.sockets[0].getsockname()[1]))
    await relay.start(0)
    connection = socket.create_connection(("127.0.0.1", relay.port))
    try:
        await within(is_full.wait(), LIMIT_SECONDS)
        await within(relay.close(), LIMIT_SECONDS)
    finally:
        connection.close()
        server.close()
