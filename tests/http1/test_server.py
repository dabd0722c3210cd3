"""Plain requests and others on one port, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from poecli.http1.aiohttp_server import AiohttpServer
from poecli.http1.exchange import Exchange
from poecli.http1.heads import ResponseHead

LIMIT_SECONDS = 60
MB = 1024 * 1024


def post(path: str, body: str, headers: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: here\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@dataclass
class Served:
    """A server that says back at /say, and does as its other paths are called."""

    port: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    sent_mb: int = 0

    async def answer(self, exchange: Exchange) -> None:
        """/say, /parts, /flood, /wait, /cut; any other path raises."""
        await exchange.begin(ResponseHead(200, b"OK", b"X-Plain: yes\r\n"))
        await getattr(self, exchange.path[1:])(exchange)

    async def say(self, exchange: Exchange) -> None:
        await exchange.end(await exchange.read())

    async def delay(self, exchange: Exchange) -> None:
        assert exchange.transport is not None
        connection = exchange.transport.get_extra_info("socket")
        flag = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        await exchange.end(b"at once" if flag else b"held back")

    async def parts(self, exchange: Exchange) -> None:
        await exchange.write(b"one")
        await exchange.write(b"two")
        await exchange.end()

    async def flood(self, exchange: Exchange) -> None:
        while True:
            await exchange.write(b"x" * MB)
            self.sent_mb += 1
            self.begun.set()

    async def wait(self, exchange: Exchange) -> None:
        await exchange.write(b"begun")
        try:
            await asyncio.sleep(LIMIT_SECONDS)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def cut(self, exchange: Exchange) -> None:
        await exchange.write(b"half")


async def general(request: web.Request) -> web.Response:
    """An answer of aiohttp's own."""
    return web.Response(text=f"general {await request.text()}")


@asynccontextmanager
async def listening(server: AiohttpServer, app: web.Application) -> AsyncIterator[int]:
    """The server on a free port, which it is."""
    async with server.running(app, close_seconds=1):
        opened = await asyncio.get_running_loop().create_server(
            server, sock=socket.create_server(("127.0.0.1", 0))
        )
        try:
            yield opened.sockets[0].getsockname()[1]
        finally:
            opened.close()


@asynccontextmanager
async def served(*, everywhere: bool = False) -> AsyncIterator[Served]:
    """The server, with aiohttp's behind it, which answers "general" and the body; or, everywhere,
    as the server itself does.
    """
    it = Served()
    app = web.Application()
    server = AiohttpServer(it.answer, lambda path: path != "/other")
    app.router.add_route("*", "/{path:.*}", server.handle if everywhere else general)
    async with listening(server, app) as it.port:
        yield it


async def talk(port: int, *parts: bytes, until: bytes) -> bytes:
    """Send the parts one by one; what comes back, up to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0)
        return await asyncio.wait_for(reader.readuntil(until), LIMIT_SECONDS)
    finally:
        writer.close()


async def test_an_answer_in_parts() -> None:
    """Each part is a chunk, the head comes once."""
    async with served() as it:
        got = await talk(it.port, post("/parts", ""), until=b"0\r\n\r\n")
    assert got == (
        b"HTTP/1.1 200 OK\r\nX-Plain: yes\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    )


async def test_no_event_waits_for_the_clients_ack() -> None:
    """On the sockets of socket.create_server, too, which asyncio leaves as they are."""
    async with served() as it:
        got = await talk(it.port, post("/delay", ""), until=b"0\r\n\r\n")
    assert b"at once" in got


@pytest.mark.parametrize("cut", range(1, len(post("/say", "hello")), 7))
async def test_a_request_cut_anywhere(cut: int) -> None:
    """It is answered once it is whole."""
    request = post("/say", "hello")
    async with served() as it:
        got = await talk(it.port, request[:cut], request[cut:], until=b"0\r\n\r\n")
    assert got.endswith(b"5\r\nhello\r\n0\r\n\r\n")


async def test_requests_sent_ahead() -> None:
    """Several at once on one connection are answered in their order, the general ones too."""
    sent = post("/say", "one") + post("/say", "two") + post("/other", "three") + post("/say", "4")
    async with served() as it:
        got = await talk(it.port, sent, until=b"general 4")
    said = [got.index(word) for word in (b"one", b"two", b"general three", b"general 4")]
    assert said == sorted(said)


OTHERS = {
    "another path": post("/other", "hello"),
    "a query": post("/say?a", "hello"),
    "to be closed": post("/say", "hello", "Connection: close\r\n"),
    "in chunks": b"POST /say HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_", OTHERS.values(), ids=OTHERS)
async def test_what_the_general_server_answers(request_: bytes) -> None:
    """A request that is not plain, or not for our paths, reaches aiohttp whole."""
    async with served() as it:
        assert b"general hello" in await talk(it.port, request_, until=b"general hello")


# The one is answered by our own server, the other by way of aiohttp's.
WAYS = {"plain": "", "general": "Connection: close\r\n"}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_handler_answers_either_way(way: str) -> None:
    """It is given the same request, and what it writes leaves in the same parts."""
    async with served(everywhere=True) as it:
        said = await talk(it.port, post("/say", "hello", way), until=b"0\r\n\r\n")
        parts = await talk(it.port, post("/parts", "", way), until=b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK\r\nX-Plain: yes\r\n")
    assert said.endswith(b"5\r\nhello\r\n0\r\n\r\n")
    assert parts.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


async def test_an_answer_to_head_has_no_body() -> None:
    """aiohttp leaves that to its handlers."""
    request = b"HEAD /parts HTTP/1.1\r\nHost: here\r\n\r\nGET /say HTTP/1.1\r\nHost: here\r\n\r\n"
    async with served(everywhere=True) as it:
        got = await talk(it.port, request, until=b"0\r\n\r\n")
    assert b"one" not in got


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_client_that_hangs_up(way: str) -> None:
    """Its answer is cancelled at once."""
    async with served(everywhere=True) as it:
        await talk(it.port, post("/wait", "", way), until=b"begun")
        await asyncio.wait_for(it.cancelled.wait(), LIMIT_SECONDS)


async def test_a_client_that_takes_nothing() -> None:
    """The answer waits; what is sent ahead stays within the sockets' own buffers."""
    async with served() as it:
        _, writer = await asyncio.open_connection("127.0.0.1", it.port, limit=1)
        writer.write(post("/flood", ""))
        await asyncio.wait_for(it.begun.wait(), LIMIT_SECONDS)
        await asyncio.sleep(0.2)  # nothing tells that nothing happens
        sent = it.sent_mb
        writer.close()
    assert sent < 64


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("path", ["/cut", "/raise"])
async def test_an_answer_that_is_not_ended(path: str, way: str) -> None:
    """It looks cut: the connection is closed."""
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    async with served(everywhere=True) as it:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await talk(it.port, post(path, "", way), until=b"0\r\n\r\n")


async def test_what_a_client_sent_ahead_is_not_answered_once_it_has_gone() -> None:
    """The handler of its first request ends it, and still has something to do."""
    handled: list[bytes] = []
    begun, ended = asyncio.Event(), asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        handled.append(await exchange.read())
        await exchange.answer(ResponseHead(200, b"OK", b""), b"")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with listening(AiohttpServer(answer, lambda _path: True), web.Application()) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post("/say", "one") + post("/say", "two"))
        await asyncio.wait_for(begun.wait(), LIMIT_SECONDS)
        writer.close()
        await asyncio.wait_for(ended.wait(), LIMIT_SECONDS)
        await asyncio.sleep(0)  # the next one would begin with this step
    assert handled == [b"one"]
