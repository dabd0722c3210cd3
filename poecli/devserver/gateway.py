"""Owns the port: hands each request to the current generation and its answer back, byte by byte.

It reads a request whole before the bot sees any of it, so that a slow or half-open client holds
no worker; and it never imports the author's code, so that nothing the author saves can end it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.reloader import Generations
from poecli.devserver.guard import Caller, Guard
from poecli.devserver.trace import Trace, TurnTap
from poecli.devserver.upstream import Head, WorkerLost
from poecli.devserver.way_back import GeneralWayBack, PlainWayBack, StuckClients, WayBack
from poecli.errors import PoeCliError
from poecli.hosting.serving.handover import Address, Handover, RawHeaders, hand_over
from poecli.http1.server import PlainExchange
from poecli.protocol import events as ev
from poecli.protocol.foreign_json import loads
from poecli.protocol.sse import encode_frame

# Twice the largest conversation seen: 1,000 messages with the text of their attachments.
MAX_REQUEST_BYTES = 64 * 1024 * 1024
_REQUEST_SECONDS = 60.0
_MOST_HELD_BYTES = 1024 * 1024  # an event larger than this is passed on in pieces
_BLANK_LINES = (b"\n\n", b"\r\n\r\n")


@dataclass(frozen=True)
class _Asked:
    """A request, here as a whole; ``target`` is its path as it came in, with the query."""

    method: str
    target: str
    headers: RawHeaders
    body: bytes | None
    client: Address | None = None
    server: Address | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Gateway:
    """The catch-all handler in front of the generations."""

    def __init__(self, generations: Generations, trace: Trace, guard: Guard) -> None:
        self._generations = generations
        self._trace = trace
        self._guard = guard
        self.stuck = StuckClients()

    def takes(self, path: str) -> bool:
        """Whether a plain request to this path may come to `serve`: one of the bots is there."""
        current = self._generations.current
        return current is not None and any(bot.path == path for bot in current.bots)

    async def serve(self, exchange: PlainExchange) -> None:
        """One plain request to a bot: nearly every request there is."""
        ends = _ends(exchange.transport)
        asked = _Asked("POST", exchange.path, exchange.headers, exchange.body, *ends)
        await self._answer(asked, PlainWayBack(exchange))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any other request: of a browser that looks at the bot's own pages, or a large one."""
        body = await _whole_body(request)
        ends = _ends(request.transport)
        asked = _Asked(request.method, request.raw_path, request.raw_headers, body, *ends)
        way_back = GeneralWayBack(request, self.stuck)
        await self._answer(asked, way_back)
        return way_back.response

    async def _answer(self, asked: _Asked, way_back: WayBack) -> None:
        query = _protocol_request(asked)
        try:
            generation = await self._generations.acquire()
        except PoeCliError as error:
            await _no_bot(way_back, query, error)
            return
        if refusal := self._refusal(asked, generation):
            self._generations.release(generation)
            await _refused(way_back, refusal)
            return
        tap = None
        if query is not None:
            path = asked.path
            tap = self._trace.begin(
                query,
                asked.headers,
                path=path,
                generation=generation.number,
                bot=generation.bot_at(path),
            )
        try:
            await self._pass_on(asked, _Answer(way_back, tap), generation)
        except (asyncio.CancelledError, ConnectionError):
            if tap is not None:
                tap.hung_up = True
            raise
        finally:
            self._generations.release(generation)
            if tap is not None:
                tap.end()

    def _refusal(self, asked: _Asked, generation: Generation) -> str:
        """Why a request to one of the bots is refused; pages of the author's guard themselves."""
        if asked.method != "POST":
            return ""
        keys = [bot.access_key for bot in generation.bots if bot.path == asked.path]
        if not keys:
            return ""
        caller = Caller.of(asked.client[0] if asked.client else None, asked.headers)
        return self._guard.refuses_bot(caller, keys[0])

    async def _pass_on(self, asked: _Asked, answer: _Answer, generation: Generation) -> None:
        upstream = None
        try:
            upstream = await generation.pool.take()
            turn = None if answer.tap is None else answer.tap.started.turn
            headers = hand_over(asked.headers, Handover(turn, asked.client, asked.server))
            upstream.ask(asked.method, asked.target, headers, asked.body)
            await answer.start(await upstream.head(), generation.number)
            while True:
                chunk = await upstream.read()
                if upstream.is_drained:
                    await answer.finish(chunk)
                    return
                await answer.write(chunk)
        except WorkerLost as error:
            await _died(answer, generation, error)
        finally:
            if upstream is not None:
                generation.pool.give_back(upstream)


class _Answer:
    """An answer on its way. Of an event stream only whole events are passed on, so that one the
    worker could not finish is never half there.
    """

    def __init__(self, way_back: WayBack, tap: TurnTap | None) -> None:
        self.tap = tap
        self.head: Head | None = None
        self._way_back = way_back
        self._held = b""

    async def start(self, head: Head, generation: int) -> None:
        """Begin with the head."""
        self.head = head
        if self.tap is not None:
            self.tap.status = head.status
            self.tap.is_stream = head.is_stream
        await self._way_back.begin(head, generation)

    async def write(self, chunk: bytes) -> None:
        """Pass on what is whole."""
        if self.head is not None and self.head.is_stream:
            chunk = self._whole_events(chunk)
        if not chunk:
            return
        if self.tap is not None:
            self.tap.passing(chunk)
        await self._way_back.write(chunk)
        if self.tap is not None:
            self.tap.feed(chunk)

    async def finish(self, chunk: bytes = b"") -> None:
        """Pass on the rest and end."""
        rest, self._held = self._held + chunk, b""
        if self.tap is not None:
            self.tap.passing(rest)
        await self._way_back.end(rest)
        if rest and self.tap is not None:
            self.tap.feed(rest)

    def forget_held(self) -> None:
        """Drop the event that was not whole."""
        self._held = b""

    def abort(self) -> None:
        """Hang up."""
        self._way_back.abort()

    def _whole_events(self, chunk: bytes) -> bytes:
        if self._held:
            chunk, self._held = self._held + chunk, b""
        if chunk.endswith(_BLANK_LINES) or len(chunk) > _MOST_HELD_BYTES:
            return chunk
        ends = (chunk.rfind(blank) + len(blank) for blank in _BLANK_LINES if blank in chunk)
        end = max(ends, default=0)
        self._held = chunk[end:]
        return chunk[:end]


def _ends(transport: asyncio.BaseTransport | None) -> tuple[Address | None, Address | None]:
    """The client's address and the server's, as uvicorn gives them."""
    if transport is None:
        return None, None
    peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    return tuple(peer[:2]) if peer else None, tuple(own[:2]) if own else None


async def _whole_body(request: web.Request) -> bytes | None:
    """The body within its bound, or None where there is none. Raises HTTPException."""
    if not request.body_exists:
        return None
    try:
        if request.content.is_eof():  # all of it is here, as nearly always
            return await request.read()
        return await asyncio.wait_for(request.read(), _REQUEST_SECONDS)
    except asyncio.TimeoutError as error:
        raise web.HTTPRequestTimeout(text="The request did not arrive in time.\n") from error


def _protocol_request(asked: _Asked) -> Mapping[str, Any] | None:
    """The JSON object of a POST that says its type, as all of Poe's do; the bot judges it."""
    if asked.method != "POST" or not asked.body or asked.body.lstrip()[:1] != b"{":
        return None
    try:
        value = loads(asked.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "type" in value else None


async def _died(answer: _Answer, generation: Generation, error: WorkerLost) -> None:
    """The worker ended before its answer did: say so in the protocol's own words."""
    text = f"The bot's process died while it answered (generation {generation.number})."
    if answer.head is None:
        if answer.tap is None or answer.tap.started.kind != "query":
            body = _json({"error": text, "cause": str(error)})
            await answer.start(_json_head(502, b"Bad Gateway", body), generation.number)
            await answer.finish(body)
            return
        await answer.start(_STREAM_HEAD, generation.number)
    elif not answer.head.is_stream:
        answer.abort()
        return
    answer.forget_held()
    await answer.finish(_error_event(text))


async def _refused(way_back: WayBack, why: str) -> None:
    body = _json({"error": why})
    await way_back.begin(_json_head(403, b"Forbidden", body), 0)
    await way_back.end(body)


async def _no_bot(way_back: WayBack, query: Mapping[str, Any] | None, error: PoeCliError) -> None:
    if query is None or query.get("type") != "query":
        body = _json(error.as_json())
        await way_back.begin(_json_head(503, b"Service Unavailable", body), 0)
    else:
        body = _error_event("\n".join(part for part in (error.message, error.why) if part))
        await way_back.begin(_STREAM_HEAD, 0)
    await way_back.end(body)


_STREAM_HEAD = Head(
    200,
    b"OK",
    b"Content-Type: text/event-stream\r\nCache-Control: no-store\r\n",
    is_stream=True,
)


def _json_head(status: int, reason: bytes, body: bytes) -> Head:
    lines = b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
    return Head(status, reason, lines % len(body), len(body))


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode()


def _error_event(text: str) -> bytes:
    failed = ev.Error(text=text)
    return b"".join(encode_frame(ev.frame_from_event(event)) for event in (failed, ev.Done()))
