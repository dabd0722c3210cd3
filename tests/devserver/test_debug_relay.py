"""The debugger's fixed port."""

from __future__ import annotations

import asyncio

import pytest

from poecli.devserver.debug_relay import DebugRelay
from poecli.errors import UsageError


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
