"""A server that answers from a list of bytes, also in ways no real server would.

`scripted_server` runs in the test's loop; `in_a_thread` beside a command that has a loop itself.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer: head, pieces of the body (each sent by itself), and how it ends.

    ``end``: "close" ends the body well, "cut" breaks the connection in the middle of it, "hang"
    keeps it open and silent. ``status`` 0 closes the connection without a byte.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    content_type: str | None = "text/event-stream"
    headers: Sequence[tuple[str, str]] = ()
    end: str = "close"
    silent: bool = False  # not even a head
    hold: threading.Event | None = None  # the last piece waits for it

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Scripted", "Transfer-Encoding: chunked"]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Seen:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ScriptedServer:
    """Gives each request the next answer; the last answer repeats."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    url: str = ""
    connections: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while request := await self._read(reader):
                # An error report of fastapi_poe's client takes no answer from the list.
                if b'"type":"report_error"' in request.body:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    continue
                self.requests.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if not await self._answer(answer, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Seen | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Seen(first.split(" ")[1], headers, body)

    async def _answer(
        self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if answer.silent:
            await self._wait_for_hang_up(reader)
        if answer.silent or answer.status == 0:
            return False
        writer.write(answer.head())
        for left, piece in zip(range(len(answer.pieces), 0, -1), answer.pieces, strict=True):
            if left == 1 and answer.hold is not None:
                await asyncio.to_thread(answer.hold.wait, 30)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        if answer.end == "hang":
            await self._wait_for_hang_up(reader)
        if answer.end != "close":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _wait_for_hang_up(self, reader: asyncio.StreamReader) -> None:
        await reader.read()
        self.hung_up.set()


@asynccontextmanager
async def scripted_server(*answers: Answer) -> AsyncIterator[ScriptedServer]:
    """A `ScriptedServer` on a free port of the loopback."""
    scripted = ScriptedServer(list(answers))
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(scripted.serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    scripted.url = f"http://127.0.0.1:{port}"
    try:
        yield scripted
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def in_a_thread(*answers: Answer) -> Iterator[ScriptedServer]:
    """As `scripted_server`, for callers that have no loop or run their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = scripted_server(*answers)
    try:
        yield asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def event(name: str, data: Any) -> bytes:
    """The bytes of one event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def text(value: str, **more: Any) -> bytes:
    return event("text", {"text": value, **more})


DONE = event("done", {})
