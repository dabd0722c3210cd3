"""One request to a bot, and the events of its answer as they arrive."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from poecli.client.address import BotAddress, request_headers
from poecli.client.exchange import failed_answer
from poecli.client.http import FOREIGN, Timeouts, slow, translate
from poecli.client.peer import Peer
from poecli.client.status import error_from_status, not_an_event_stream
from poecli.errors import BadAnswer, CutStream, PoeCliError, TimedOut
from poecli.protocol.answer import EventReader
from poecli.protocol.events import Done, Error, Event, Malformed
from poecli.waiting import within

T = TypeVar("T")
EVENT_STREAM = "text/event-stream"
# Servers send the end of the body together with `done`; this is for those that hold it back.
_MOMENT = 0.05


@dataclass(frozen=True)
class Call:
    """One request: whom to ask, what to send, and how long to wait."""

    bot: BotAddress
    payload: Mapping[str, Any]
    session: httpx.AsyncClient
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)
    last: bool = False  # the session is closed after this call

    @property
    def peer(self) -> Peer:
        """Whom errors name."""
        return self.bot.peer

    def request(self, accept: str) -> httpx.Request:
        """The request, ready to send. Raises UsageError for a header that can't be sent."""
        # `identity`: a proxy that compresses also holds events back.
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        headers |= {"Content-Type": "application/json"}
        headers |= request_headers(self.bot.key, self.headers)
        timeout = httpx.Timeout(self.timeouts.between_events, connect=self.timeouts.connect)
        body = json.dumps(self.payload, separators=(",", ":")).encode()
        return self.session.build_request(
            "POST", self.bot.url, content=body, headers=headers, timeout=timeout
        )


async def events_of(call: Call) -> AsyncGenerator[Event, None]:
    """The events of one answer, up to and with ``done``.

    Raises what `poecli.client.bot_query.stream_events` lists.
    """
    reader = EventReader()
    progress = _Progress(asyncio.get_running_loop().time())
    failed = False
    async with contextlib.aclosing(_chunks(call, progress)) as chunks:
        async for chunk in chunks:
            events = reader.feed(chunk)
            if reader.too_large is not None:
                raise reader.too_large
            progress.begun = reader.first_at is not None
            for event in events:
                yield event
                if isinstance(event, Done):
                    if not call.last:
                        await _read_to_the_end(chunks)
                    return
                failed = failed or isinstance(event, Error)
                if isinstance(event, Malformed) and event.event == "done":
                    raise _broken_done(call.peer, event)
    if not failed:
        raise _no_done(call.peer, pending=reader.pending)


async def _read_to_the_end(chunks: AsyncGenerator[bytes, None]) -> None:
    """Wait a moment for the end of the body: only then can the connection serve the next call."""
    with contextlib.suppress(asyncio.TimeoutError, PoeCliError):
        await within(anext(chunks, b""), _MOMENT)


@dataclass
class _Progress:
    """When the call began, and whether an event other than ``ping`` has arrived."""

    start: float
    begun: bool = False

    @property
    def seconds(self) -> float:
        return asyncio.get_running_loop().time() - self.start


async def _chunks(call: Call, progress: _Progress) -> AsyncGenerator[bytes, None]:
    """The body's bytes, under the call's limits of time."""
    limits = call.timeouts
    try:
        async with contextlib.AsyncExitStack() as stack:
            response = await _first(_open(call, stack), call, progress)
            chunks = response.aiter_bytes()
            while not progress.begun:
                chunk = await _first(anext(chunks, b""), call, progress)
                if not chunk:
                    return
                yield chunk
            async for chunk in chunks:
                if limits.total is not None and progress.seconds > limits.total:
                    raise _took_too_long(call)
                yield chunk
    except FOREIGN as error:
        raise translate(error, call.peer, begun=progress.begun) from error


async def _first(step: Awaitable[T], call: Call, progress: _Progress) -> T:
    """The outcome of a step before the first event, within the time left for that."""
    left = max(0.0, call.timeouts.first_event - progress.seconds)
    try:
        return await within(step, left)
    except asyncio.TimeoutError:
        raise slow(call.peer, call.timeouts.first_event) from None


def _took_too_long(call: Call) -> TimedOut:
    return TimedOut(
        f"The answer of {call.peer.name} did not end in time.",
        why=f"It took longer than {call.timeouts.total:g} s.",
        hint="Allow more time.",
    )


async def _open(call: Call, stack: contextlib.AsyncExitStack) -> httpx.Response:
    """The answer's head, once it is known to be an event stream."""
    request = call.request(EVENT_STREAM)
    response = await call.session.send(request, stream=True)
    stack.push_async_callback(response.aclose)
    content_type = response.headers.get("content-type", "")
    if response.status_code == HTTPStatus.OK and EVENT_STREAM in content_type.lower():
        return response
    answer = await failed_answer(response, call.bot.key)
    if response.status_code == HTTPStatus.OK:
        raise not_an_event_stream(content_type, answer, call.peer)
    raise error_from_status(answer, call.peer)


def _broken_done(peer: Peer, event: Malformed) -> BadAnswer:
    return BadAnswer(
        f"The `done` event of {peer.name} can't be used: {event.reason}.",
        why=f"It has the data {event.data[:80]!r}; OpenAI's streams end like this, Poe's don't.",
        hint="Send `event: done` with `data: {}`.",
    )


def _no_done(peer: Peer, *, pending: bool) -> CutStream:
    where = "in the middle of an event" if pending else "between two events"
    return CutStream(
        f"The answer of {peer.name} ended without `done`.",
        why=f"The stream was closed {where}.",
        hint="A bot sends `done` last, also after an error; fastapi_poe does so by itself.",
    )
