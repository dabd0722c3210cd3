"""Owns the port: hands each request to the current generation and its answer back, byte by byte.

It reads a request whole before the bot sees any of it, so that a slow or half-open client holds
no worker; and it never imports the author's code, so that nothing the author saves can end it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from poecli.devserver.generation import Generation
from poecli.devserver.generations import Generations
from poecli.devserver.trace import Trace, TurnTap
from poecli.devserver.upstream import WorkerLost
from poecli.errors import PoeCliError
from poecli.hosting.channel import TURN_HEADER
from poecli.protocol import events as ev
from poecli.protocol.sse import encode_frame

GENERATION_HEADER = "X-Poe-Generation"
# Twice the largest conversation seen: 1,000 messages with the text of their attachments.
MAX_REQUEST_BYTES = 64 * 1024 * 1024
_REQUEST_SECONDS = 60.0
# A client that takes nothing for this long has gone; its worker is freed.
_STUCK_SECONDS = 30.0
_MOST_HELD_BYTES = 1024 * 1024  # an event larger than this is passed on in pieces
_TURN_HEADER = TURN_HEADER.encode()
_BLANK_LINES = (b"\n\n", b"\r\n\r\n")
_STREAM = "text/event-stream"


class Gateway:
    """The catch-all handler in front of the generations."""

    def __init__(self, generations: Generations, trace: Trace) -> None:
        self._generations = generations
        self._trace = trace
        self._writing: dict[_Answer, float] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request of Poe's, or of a browser that looks at the bot's own pages."""
        body = await _whole_body(request)
        query = _protocol_request(request, body)
        try:
            generation = await self._generations.acquire()
        except PoeCliError as error:
            return await _no_bot(request, query, error)
        tap = None
        if query is not None:
            path = request.rel_url.raw_path
            tap = self._trace.begin(
                query, path=path, generation=generation.number, bot=generation.bot_at(path)
            )
        try:
            return await self._pass_on(request, body, generation, tap)
        except (asyncio.CancelledError, ConnectionError):
            if tap is not None:
                tap.hung_up = True
            raise
        finally:
            self._generations.release(generation)
            if tap is not None:
                tap.end()

    async def watch_for_stuck_clients(self) -> None:
        """Hang up on clients that have stopped taking their answer; runs until cancelled."""
        while True:
            await asyncio.sleep(_STUCK_SECONDS / 6)
            now = time.monotonic()
            for answer, since in list(self._writing.items()):
                if now - since > _STUCK_SECONDS:
                    answer.abort()

    async def _pass_on(
        self, request: web.Request, body: bytes | None, generation: Generation, tap: TurnTap | None
    ) -> web.StreamResponse:
        answer = _Answer(request, tap, self._writing)
        upstream = None
        try:
            upstream = await generation.pool.take()
            headers = list(request.raw_headers)
            if tap is not None:
                headers.append((_TURN_HEADER, b"%d" % tap.started.turn))
            upstream.ask(request.method, request.raw_path, headers, body)
            head = await upstream.head()
            head.headers[GENERATION_HEADER] = str(generation.number)
            await answer.start(head.status, head.reason, head.headers)
            while True:
                chunk = await upstream.read()
                if upstream.is_drained:
                    return await answer.finish(chunk)
                await answer.write(chunk)
        except WorkerLost as error:
            return await _died(answer, generation, error)
        finally:
            if upstream is not None:
                generation.pool.give_back(upstream)


class _Response(web.StreamResponse):
    # aiohttp's own switch (as in web.Response): the head goes out with the first event, in one
    # packet. Where it is gone, the head goes first.
    _send_headers_immediately = False


class _Answer:
    """The way back to the client. Of an event stream only whole events are passed on, so that
    one the worker could not finish is never half there.
    """

    def __init__(
        self, request: web.Request, tap: TurnTap | None, writing: dict[_Answer, float]
    ) -> None:
        self.request = request
        self.response: web.StreamResponse | None = None
        self.tap = tap
        self._writing = writing
        self.is_stream = False
        self._held = b""

    async def start(self, status: int, reason: str | None, headers: CIMultiDict[str]) -> None:
        """Send the head of the answer."""
        self.is_stream = headers.get("Content-Type", "").startswith(_STREAM)
        if self.tap is not None:
            self.tap.status = status
            self.tap.is_stream = self.is_stream
        self.response = _Response(status=status, reason=reason, headers=headers)
        await self.response.prepare(self.request)

    async def write(self, chunk: bytes) -> None:
        """Pass on what is whole."""
        if self.is_stream:
            chunk = self._whole_events(chunk)
        if chunk:
            await self._send(chunk)

    async def finish(self, chunk: bytes = b"") -> web.StreamResponse:
        """Pass on the rest and end."""
        if self.response is None:
            raise AssertionError("an answer is begun before it is ended")
        rest, self._held = self._held + chunk, b""
        if self.tap is not None:
            self.tap.passing(rest)
        self._writing[self] = time.monotonic()
        try:
            await self.response.write_eof(rest)
        finally:
            del self._writing[self]
        if rest and self.tap is not None:
            self.tap.feed(rest)
        return self.response

    def forget_held(self) -> None:
        """Drop the event that was not whole."""
        self._held = b""

    def abort(self) -> None:
        """Hang up."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def _send(self, chunk: bytes) -> None:
        if self.response is None:
            raise AssertionError("an answer is begun before it is written")
        if self.tap is not None:
            self.tap.passing(chunk)
        self._writing[self] = time.monotonic()
        try:
            await self.response.write(chunk)
        finally:
            del self._writing[self]
        if self.tap is not None:
            self.tap.feed(chunk)

    def _whole_events(self, chunk: bytes) -> bytes:
        if self._held:
            chunk, self._held = self._held + chunk, b""
        if chunk.endswith(_BLANK_LINES) or len(chunk) > _MOST_HELD_BYTES:
            return chunk
        ends = (chunk.rfind(blank) + len(blank) for blank in _BLANK_LINES if blank in chunk)
        end = max(ends, default=0)
        self._held = chunk[end:]
        return chunk[:end]


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


def _protocol_request(request: web.Request, body: bytes | None) -> Mapping[str, Any] | None:
    """The JSON object of a POST that says its type, as all of Poe's do; the bot judges it."""
    if request.method != "POST" or not body or body.lstrip()[:1] != b"{":
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "type" in value else None


async def _died(answer: _Answer, generation: Generation, error: WorkerLost) -> web.StreamResponse:
    """The worker ended before its answer did: say so in the protocol's own words."""
    text = f"The bot's process died while it answered (generation {generation.number})."
    if answer.response is None:
        if answer.tap is None or answer.tap.started.kind != "query":
            return web.json_response({"error": text, "cause": str(error)}, status=502)
        await answer.start(200, None, _stream_headers(generation.number))
    elif not answer.is_stream:
        answer.abort()
        return answer.response
    answer.forget_held()
    return await answer.finish(_error_event(text))


async def _no_bot(
    request: web.Request, query: Mapping[str, Any] | None, error: PoeCliError
) -> web.StreamResponse:
    if query is None or query.get("type") != "query":
        return web.json_response(error.as_json(), status=503)
    response = web.StreamResponse(headers=_stream_headers(0))
    await response.prepare(request)
    text = "\n".join(part for part in (error.message, error.why) if part)
    await response.write(_error_event(text))
    await response.write_eof()
    return response


def _stream_headers(generation: int) -> CIMultiDict[str]:
    return CIMultiDict(
        {
            "Content-Type": _STREAM,
            "Cache-Control": "no-store",
            GENERATION_HEADER: str(generation),
        }
    )


def _error_event(text: str) -> bytes:
    failed = ev.Error(text=text)
    return b"".join(encode_frame(ev.frame_from_event(event)) for event in (failed, ev.Done()))
