"""Requests in and event streams out, as aiohttp handlers need them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web

from poecli.config.faults import HEADER, Fault, parse_faults
from poecli.emulator.bots.upstream import frame_of
from poecli.emulator.faults import CutConnection
from poecli.protocol.events import Event
from poecli.protocol.foreign_json import loads
from poecli.protocol.requests import BadRequest
from poecli.protocol.sse import Frame, encode_frame

# A conversation of 1,000 messages with the text of its files fits; an endless body does not.
MAX_BODY_BYTES = 64 * 1024 * 1024
_STREAM_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
_NONE: Mapping[str, str] = {}
# The caller went away, at any moment up to the last byte: a user's Stop, or a bot that ends.
_HUNG_UP = (ConnectionResetError, BrokenPipeError)


class Refused(Exception):
    """The request is turned down with a status and words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class BodyTooLarge(BadRequest):
    """The body passed the bound on memory."""


async def read_json(request: web.Request) -> Any:
    """The JSON of a body. Raises BadRequest for one that is no JSON, BodyTooLarge."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge(f"the body is larger than {MAX_BODY_BYTES:,} bytes")
    try:
        return loads(body)
    except ValueError:
        raise BadRequest("the body is not JSON") from None


def bearer_token(request: web.Request) -> str:
    """The key of an Authorization header; "" when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def faults_of(request: web.Request) -> tuple[Fault, ...]:
    """The faults that a request asks for. Raises UsageError for an unknown name."""
    return parse_faults(request.headers.getall(HEADER, []))


def origin_of(request: web.Request) -> str:
    """Scheme, host and port this server was reached at, for the URLs of its files."""
    return f"{request.scheme}://{request.host}"


async def send_frames(
    request: web.Request, frames: Iterable[Frame], *, status: int = 200
) -> web.StreamResponse:
    """A short event stream that is known whole."""
    response = web.StreamResponse(status=status, headers=_STREAM_HEADERS)
    with contextlib.suppress(*_HUNG_UP):
        await response.prepare(request)
        await response.write(b"".join(encode_frame(frame) for frame in frames))
        await response.write_eof()
    return response


async def send_events(
    request: web.Request, events: AsyncGenerator[Event, None]
) -> web.StreamResponse:
    """An answer as it comes. `CutConnection` drops the connection; so does a peer that hung up."""
    return await send_bytes(request, _encoded(events))


async def _encoded(events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        async for event in events:
            yield encode_frame(frame_of(event))


async def send_bytes(
    request: web.Request, pieces: AsyncGenerator[bytes, None], headers: Mapping[str, str] = _NONE
) -> web.StreamResponse:
    """Like `send_events`, for pieces that are encoded already."""
    response = web.StreamResponse(headers={**_STREAM_HEADERS, **headers})
    async with aclosing(pieces):
        with contextlib.suppress(*_HUNG_UP):
            await response.prepare(request)
            try:
                async for piece in pieces:
                    await response.write(piece)
            except CutConnection:
                drop(request)
                return response
            await response.write_eof()
    return response


def drop(request: web.Request) -> web.Response:
    """Cut the connection; what is returned never arrives."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
