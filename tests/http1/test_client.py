"""Answers of a server, read from bytes cut anywhere."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from poecli.http1.client import ClientConnection, ConnectionPool, ServerGone

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"X-Two: a\r\nX-Two: b\r\n\r\n5\r\nhello\r\n8;x=y\r\n\r\n world\r\n0\r\n\r\n"
)
ANSWERS = {
    "chunked": (CHUNKED, "GET", 200, b"hello\r\n world"),
    "length": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", "GET", 404, b"abc"),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "POST", 200, b""),
    "head": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", 200, b""),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "POST", 204, b""),
    "no reason": (b"HTTP/1.1 299 \r\nContent-Length: 1\r\n\r\nx", "GET", 299, b"x"),
}


class Wire(asyncio.Transport):
    """A transport that only keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def connected() -> tuple[ClientConnection, Wire]:
    connection, wire = ClientConnection(), Wire()
    connection.connection_made(wire)
    return connection, wire


async def whole(connection: ClientConnection) -> bytes:
    parts = []
    while part := await connection.read():
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(("raw", "method", "status", "body"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_cut_anywhere(raw: bytes, method: str, status: int, body: bytes) -> None:
    """Every cut of every answer gives the same status and body, and a connection to keep."""
    connection, _ = connected()
    for cut in range(len(raw) + 1):
        connection.request(method, "/", [], b"")
        connection.data_received(raw[:cut])
        connection.data_received(raw[cut:])
        assert (await connection.head()).status == status
        assert await whole(connection) == body
        assert connection.is_drained


async def test_an_answer_byte_by_byte() -> None:
    """One byte at a time, too."""
    connection, _ = connected()
    connection.request("GET", "/", [], b"")
    for byte in CHUNKED:
        connection.data_received(bytes([byte]))
    head = await connection.head()
    assert head.headers == [("Content-Type", "text/event-stream"), ("X-Two", "a"), ("X-Two", "b")]
    assert head.is_stream
    assert await whole(connection) == b"hello\r\n world"


async def test_a_request_without_the_headers_of_its_own_connection() -> None:
    """Headers pass as they came; those of a connection don't, and the length is set anew."""
    connection, wire = connected()
    headers = [(b"Host", b"bot"), (b"Connection", b"close"), (b"transfer-encoding", b"chunked")]
    connection.request("POST", "/a?b=%2F", [*headers, (b"Content-Length", b"9")], b"hello")
    assert wire.written == (
        b"POST /a?b=%2F HTTP/1.1\r\nHost: bot\r\nContent-Length: 5\r\n\r\nhello"
    )


@pytest.mark.parametrize("cut", [0, 10, len(CHUNKED) - 20, len(CHUNKED) - 3])
async def test_a_server_that_goes_in_the_middle(cut: int) -> None:
    """A connection closed before the end of its answer raises ServerGone."""
    connection, _ = connected()
    connection.request("GET", "/", [], b"")
    connection.data_received(CHUNKED[:cut])
    connection.connection_lost(None)
    with pytest.raises(ServerGone):
        await whole_with_head(connection)


async def whole_with_head(connection: ClientConnection) -> bytes:
    await connection.head()
    return await whole(connection)


async def test_a_body_that_ends_with_the_connection() -> None:
    """Without a length, the end of the connection is the end of the body."""
    connection, _ = connected()
    connection.request("GET", "/", [], b"")
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nall of it")
    connection.connection_lost(None)
    assert await whole_with_head(connection) == b"all of it"


async def test_a_reader_that_is_slow_holds_the_server_back() -> None:
    """What is not fetched stays within its bound: reading pauses, and goes on when fetched."""
    connection, wire = connected()
    connection.request("GET", "/", [], b"")
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")
    for _ in range(4):
        connection.data_received(b"x" * 100_000)
    assert wire.paused
    assert len(await connection.read()) == 400_000
    assert not wire.paused


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_a_pool_keeps_what_was_read_to_the_end() -> None:
    """A drained connection is used again; one with an unread answer is hung up on."""
    app = web.Application()
    app.add_routes([web.get("/", _hello)])
    async with TestServer(app) as server:
        pool = ConnectionPool(server.port or 0)
        first = await pool.take()
        first.request("GET", "/", [(b"Host", b"bot")], b"")
        assert await whole_with_head(first) == b"hello"
        pool.give_back(first)
        again = await pool.take()
        again.request("GET", "/", [(b"Host", b"bot")], b"")
        await again.head()
        pool.give_back(again)
        other = await pool.take()
        pool.give_back(other)
        pool.close()
    assert again is first
    assert other is not first


async def test_nobody_listens() -> None:
    """A server that is gone already is ServerGone as well."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        with pytest.raises(ServerGone):
            await ConnectionPool(taken.getsockname()[1]).take()


NOT_HTTP = [
    ("the head", b"Traceback (most recent call last):\r\n\r\n"),
    ("a length", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
    ("a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\noops\r\n"),
]


@pytest.mark.parametrize("raw", [n[1] for n in NOT_HTTP], ids=[n[0] for n in NOT_HTTP])
async def test_what_is_not_http_ends_the_connection(raw: bytes) -> None:
    """A child that the bot forked may write to it: the connection is cut, and no error is ours."""
    connection, wire = connected()
    connection.request("POST", "/", [], b"")
    connection.data_received(raw)
    assert wire.aborted
