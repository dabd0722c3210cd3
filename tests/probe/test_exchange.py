"""What a bot's connection does between two requests is not taken for its answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from poecli.client.address import BotAddress
from poecli.client.http import open_session
from poecli.probe.exchange import ProbeAnswer, Wire

HEAD_END = b"\r\n\r\n"
ANSWER = b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n"


@contextlib.asynccontextmanager
async def answering(times: int) -> AsyncIterator[str]:
    """A server that answers so many requests of a connection, and closes it at the next one."""

    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client has gone
            for _ in range(times):
                await reader.readuntil(HEAD_END)
                writer.write(ANSWER)
            await reader.readuntil(HEAD_END)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    for writer in connections:
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("times", "status", "end"),
    [
        pytest.param(1, 500, "whole", id="a kept connection is closed"),
        pytest.param(0, 0, "cut", id="no request is ever answered"),
    ],
)
async def test_a_request_on_a_kept_connection_is_sent_again(
    times: int, status: int, end: str
) -> None:
    """Once: a bot that never answers is still seen."""
    async with answering(times) as url, open_session() as session:
        wire = Wire(session, BotAddress.at(url))
        answers: list[ProbeAnswer] = [await wire.send({}, method="GET") for _ in range(2)]

    assert [(answer.status, answer.end) for answer in answers] == [(status, end)] * 2
