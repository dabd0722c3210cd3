"""Owns the port: hands each request to the current generation and its answer back, byte by byte.

It reads a request whole before the bot sees any of it, so that a slow or half-open client holds
no worker; and it never imports the author's code, so that nothing the author saves can end it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from poecli.dev_events import FaultRehearsed
from poecli.devserver.delivery import Delivery, HungUp, Order, Rehearsal
from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.reloader import Generations
from poecli.devserver.guard import Caller, Guard
from poecli.devserver.trace import Trace, TurnTap
from poecli.errors import PoeCliError
from poecli.hosting.serving.handover import Handover, hand_over
from poecli.http1.client import ServerGone
from poecli.http1.exchange import Address, Exchange
from poecli.http1.heads import RawHeaders, ResponseHead, response_head
from poecli.protocol import events as ev
from poecli.protocol.foreign_json import loads
from poecli.protocol.sse import encode_frame

# Twice the largest conversation seen: 1,000 messages with the text of their attachments.
MAX_REQUEST_BYTES = 64 * 1024 * 1024
_MOST_HELD_BYTES = 1024 * 1024  # an event larger than this is passed on in pieces
_GENERATION = b"X-Poe-Generation"
_BLANK_LINES = (b"\n\n", b"\r\n\r\n")


class Gateway:
    """The catch-all handler in front of the generations; ``rehearsal`` holds for later queries."""

    def __init__(
        self, generations: Generations, trace: Trace, guard: Guard, rehearsal: Rehearsal
    ) -> None:
        self.rehearsal = rehearsal
        self._generations = generations
        self._trace = trace
        self._guard = guard

    def takes(self, path: str) -> bool:
        """Whether one of the bots is there: nearly every request there is."""
        current = self._generations.current
        return current is not None and any(bot.path == path for bot in current.bots)

    async def handle(self, exchange: Exchange, *, tunneled: bool = False) -> None:
        """Have a request answered by the current generation; ``tunneled``: it came from outside."""
        body = await exchange.read()
        query = _protocol_request(exchange.method, body)
        try:
            generation = await self._generations.acquire()
        except PoeCliError as error:
            await _no_bot(exchange, query, error)
            return
        try:
            # The door of a tunnel has asked for the bot's key, and any name may lead to it.
            if refusal := "" if tunneled else self._refusal(exchange, generation):
                await exchange.answer(*json_answer(403, {"error": refusal}))
                return
            begin = partial(self._begin_turn, exchange, body, query, generation, tunneled=tunneled)
            await self._answer(body, _Answer(exchange, generation.number, begin), generation)
        finally:
            self._generations.release(generation)

    async def _answer(self, body: bytes, answer: _Answer, generation: Generation) -> None:
        try:
            await self._pass_on(body, answer, generation)
        except (asyncio.CancelledError, ConnectionError):
            answer.leave()
            raise
        finally:
            if answer.tap is not None:
                answer.tap.end()

    def _begin_turn(
        self,
        exchange: Exchange,
        body: bytes,
        query: Mapping[str, Any] | None,
        generation: Generation,
        *,
        tunneled: bool,
    ) -> TurnTap | None:
        if query is None:
            return None
        return self._trace.begin(
            query,
            exchange.headers,
            path=exchange.path,
            generation=generation.number,
            bot=generation.bot_at(exchange.path),
            target=exchange.target,
            raw=body,
            tunneled=tunneled,
        )

    def _refusal(self, exchange: Exchange, generation: Generation) -> str:
        """Why a request to one of the bots is refused; pages of the author's guard themselves."""
        if exchange.method != "POST":
            return ""
        keys = [bot.access_key for bot in generation.bots if bot.path == exchange.path]
        if not keys:
            return ""
        client = exchange.client
        caller = Caller.of(client[0] if client else None, exchange.headers)
        return self._guard.refuses_bot(caller, keys[0])

    async def _pass_on(self, body: bytes, answer: _Answer, generation: Generation) -> None:
        delivery = self._delivery(body, answer, generation)
        try:
            await answer.begin(await delivery.head())
            while True:
                chunk = await delivery.read()
                if delivery.is_drained:
                    await answer.end(chunk)
                    return
                await answer.write(chunk)
        except HungUp:
            answer.leave()
            answer.exchange.abort()
        except ServerGone as error:
            await _died(answer, error)
        finally:
            delivery.close()

    def _delivery(self, body: bytes, answer: _Answer, generation: Generation) -> Delivery:
        """How the request is delivered: a query by whatever fault was asked for."""
        exchange, tap = answer.exchange, answer.tap

        def headers(client: Address | None) -> RawHeaders:
            turn = None if answer.tap is None else answer.tap.started.turn
            return hand_over(exchange.headers, Handover(turn, client, exchange.server))

        kind = Delivery
        if tap is not None and tap.started.kind == "query":
            kind = self.rehearsal.kind_for(tap.started.turn, exchange.headers)
        order = Order(
            method=exchange.method,
            target=exchange.target,
            headers=headers,
            body=body,
            client=exchange.client,
            again=answer.restart,
            say=lambda fault, text: self._trace.emit(
                FaultRehearsed(f"{fault}: {text}", fault=fault, message_id=answer.message_id)
            ),
        )
        return kind(generation.pool, order, self.rehearsal.times)


class _Answer:
    """An answer on its way. Of an event stream only whole events are passed on, so that one the
    worker could not finish is never half there. Each time that the bot is asked ``begin_turn``
    begins a turn.
    """

    def __init__(
        self, exchange: Exchange, generation: int, begin_turn: Callable[[], TurnTap | None]
    ) -> None:
        self.exchange = exchange
        self._begin_turn = begin_turn
        self.tap = begin_turn()
        self.generation = generation
        self.head: ResponseHead | None = None
        self._held = b""

    @property
    def message_id(self) -> str:
        """The id of the answer, as the query has it."""
        return self.tap.started.message_id if self.tap is not None else ""

    def leave(self) -> None:
        """Nobody reads on."""
        if self.tap is not None:
            self.tap.hung_up = True

    def restart(self) -> None:
        """The bot is asked again, in a turn of its own."""
        self.leave()
        if self.tap is not None:
            self.tap.end()
        self.tap = self._begin_turn()

    async def begin(self, head: ResponseHead) -> None:
        """Begin with the head."""
        self.head = head
        if self.tap is not None:
            self.tap.status = head.status
            self.tap.is_stream = head.is_stream
        await self.exchange.begin(_with_generation(head, self.generation))

    async def write(self, chunk: bytes) -> None:
        """Pass on what is whole."""
        if self.head is not None and self.head.is_stream:
            chunk = self._whole_events(chunk)
        if not chunk:
            return
        if self.tap is not None:
            self.tap.passing(chunk)
        await self.exchange.write(chunk)
        if self.tap is not None:
            self.tap.feed(chunk)

    async def end(self, chunk: bytes = b"") -> None:
        """Pass on the rest and end."""
        rest, self._held = self._held + chunk, b""
        if self.tap is not None:
            self.tap.passing(rest)
        await self.exchange.end(rest)
        if rest and self.tap is not None:
            self.tap.feed(rest)

    def forget_held(self) -> None:
        """Drop the event that was not whole."""
        self._held = b""

    def _whole_events(self, chunk: bytes) -> bytes:
        if self._held:
            chunk, self._held = self._held + chunk, b""
        if chunk.endswith(_BLANK_LINES) or len(chunk) > _MOST_HELD_BYTES:
            return chunk
        ends = (chunk.rfind(blank) + len(blank) for blank in _BLANK_LINES if blank in chunk)
        end = max(ends, default=0)
        self._held = chunk[end:]
        return chunk[:end]


# Answers of one second share their head, see read_response.
@lru_cache(maxsize=8)
def _with_generation(head: ResponseHead, generation: int) -> ResponseHead:
    """The gateway says itself which generation answered."""
    kept = [
        line + b"\r\n"
        for line in head.lines.split(b"\r\n")[:-1]
        if line.partition(b":")[0].lower() != _GENERATION.lower()
    ]
    return replace(head, lines=b"%b%b: %d\r\n" % (b"".join(kept), _GENERATION, generation))


def _protocol_request(method: str, body: bytes) -> Mapping[str, Any] | None:
    """The JSON object of a POST that says its type, as all of Poe's do; the bot judges it."""
    if method != "POST" or body.lstrip()[:1] != b"{":
        return None
    try:
        value = loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "type" in value else None


async def _died(answer: _Answer, error: ServerGone) -> None:
    """The worker ended before its answer did: say so in the protocol's own words."""
    text = f"The bot's process died while answering (generation {answer.generation})."
    if answer.head is None:
        if answer.tap is None or answer.tap.started.kind != "query":
            head, body = json_answer(502, {"error": text, "cause": str(error)})
            await answer.begin(head)
            await answer.end(body)
            return
        await answer.begin(stream_head())
    elif not answer.head.is_stream:
        answer.exchange.abort()
        return
    answer.forget_held()
    await answer.end(_error_event(text))


async def _no_bot(exchange: Exchange, query: Mapping[str, Any] | None, error: PoeCliError) -> None:
    if query is None or query.get("type") != "query":
        await exchange.answer(*json_answer(503, error.as_json()))
    else:
        text = "\n".join(part for part in (error.message, error.why) if part)
        await exchange.answer(stream_head(), _error_event(text))


def stream_head() -> ResponseHead:
    """The head of an event stream."""
    headers = [(b"Content-Type", b"text/event-stream"), (b"Cache-Control", b"no-store")]
    return replace(response_head(200, headers), is_stream=True)


def json_answer(status: int, values: Mapping[str, Any]) -> tuple[ResponseHead, bytes]:
    """Head and body of an answer in JSON."""
    body = json.dumps(values).encode()
    headers = [
        (b"Content-Type", b"application/json; charset=utf-8"),
        (b"Content-Length", b"%d" % len(body)),
    ]
    return response_head(status, headers, len(body)), body


def _error_event(text: str) -> bytes:
    failed = ev.Error(text=text)
    return b"".join(encode_frame(ev.frame_from_event(event)) for event in (failed, ev.Done()))
