"""One way for every dialect: a request, the bot that it asks, and the answer back.

A refusal before the first word of an answer is a status; after it, an error in the stream.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus

from aiohttp import web

from poecli.config.faults import INSUFFICIENT_FUNDS
from poecli.dev_events import Advice, Listener
from poecli.emulator import refusals
from poecli.emulator.bots.dispatcher import Dispatcher, Events
from poecli.emulator.bots.local_bots import LocalBots
from poecli.emulator.bots.modes import LOCAL
from poecli.emulator.faults import CutConnection, FaultInjector
from poecli.emulator.refusals import Refusal
from poecli.emulator.routes.model_routes import WELL_KNOWN
from poecli.emulator.routes.v1.chat_completions import ChatCompletions, openai_error
from poecli.emulator.routes.v1.dialect import (
    AnswerWriter,
    Asked,
    Dialect,
    Pieces,
    new_id,
    pieces_of,
)
from poecli.emulator.routes.v1.fields import BadField
from poecli.emulator.routes.v1.kept_responses import KeptResponses
from poecli.emulator.routes.v1.messages import Messages
from poecli.emulator.routes.v1.rate_limit import RateLimit
from poecli.emulator.routes.v1.responses import Responses
from poecli.emulator.routes.wire import (
    BodyTooLarge,
    Refused,
    bearer_token,
    drop,
    faults_of,
    origin_of,
    read_json,
    send_bytes,
)
from poecli.errors import UsageError
from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from poecli.protocol.requests import BadRequest
from poecli.protocol.settings import controls_of
from poecli.protocol.sse import Frame, encode_frame

_STRICT, _LEGACY = "chat-completions-strict", "chat-completions-legacy"
_RETRY_AFTER_SECONDS = "1"
_Declared = Callable[[str], Awaitable[Collection[str]]]


class V1Routes:
    """Every dialect, and a word about what there is on Poe and not here."""

    def __init__(
        self, dispatcher: Dispatcher, faults: FaultInjector, bots: LocalBots, report: Listener
    ) -> None:
        limit = RateLimit(time.monotonic)
        dialects: list[Dialect] = [
            ChatCompletions(),
            Responses(KeptResponses()),
            Messages(lambda: (*dispatcher.named, *WELL_KNOWN)),
        ]
        self._report = report
        self._endpoints = [
            V1Endpoint(
                each,
                dispatcher=dispatcher,
                faults=faults,
                limit=limit,
                declared=_parameters_of(dispatcher, bots),
                report=report,
            )
            for each in dialects
        ]

    def routes(self) -> list[web.RouteDef]:
        """Comes after all others under /v1."""
        own = [route for endpoint in self._endpoints for route in endpoint.routes()]
        return [*own, web.route("*", "/v1/{path:.*}", self.refuse)]

    async def refuse(self, request: web.Request) -> web.Response:
        """Videos, pictures, embeddings: the local Poe stands in for none of them."""
        asked = f"{request.method} /v1/{request.match_info['path']}"
        there = ", ".join(endpoint.path for endpoint in self._endpoints)
        message = f"{asked} is not stood in for by the local Poe; it has {there} and /v1/models"
        self._report(Advice(message))
        return web.json_response(openai_error(refusals.by_status(404, message)), status=404)


class V1Endpoint:
    """One dialect over the bots. ``declared`` tells the parameters of a bot of the author's."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        dispatcher: Dispatcher,
        faults: FaultInjector,
        limit: RateLimit,
        declared: _Declared,
        report: Listener,
    ) -> None:
        self.path = dialect.path
        self._dialect = dialect
        self._dispatcher = dispatcher
        self._faults = faults
        self._limit = limit
        self._declared = declared
        self._report = report

    def routes(self) -> list[web.RouteDef]:
        """One endpoint."""
        return [web.post(self.path, self.answer)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer whole or as a stream, as the body asks."""
        headers = {**self._limit.count(), "x-request-id": new_id("req_")}
        strict = _STRICT in request.headers.get("poe-feature", "")
        if self.path.endswith("completions"):
            headers["x-poe-feature-active"] = _STRICT if strict else _LEGACY
        try:
            key = self._key(request)
            faults = faults_of(request)
            if self._faults.strikes(INSUFFICIENT_FUNDS, faults):
                return self._refuse(refusals.OUT_OF_POINTS, headers)
            asked = self._dialect.read(await read_json(request), request.headers)
            if strict:
                await self._check_extra(asked)
        except (BadRequest, UsageError, Refused) as error:
            return self._refuse(_refusal_of(error), headers)
        events = self._dispatcher.answer(
            asked.model, asked.query, origin=origin_of(request), key=key, asked=faults
        )
        async with aclosing(events):
            try:
                first = await _first_of(events)
                if first and isinstance(first[-1], ev.Error):
                    return self._refuse(refusals.of_event(first[-1]), headers)
                events = _chained(first, events)
                if asked.stream:
                    pieces = _streamed(asked.writer, events)
                    return await send_bytes(request, pieces, headers=headers)
                return await self._whole(asked.writer, events, headers)
            except CutConnection:
                return drop(request)

    def _key(self, request: web.Request) -> str:
        key = bearer_token(request) or request.headers.get("x-api-key", "")
        if not key:
            message = f"A call to {self.path} had no key; Poe refuses calls without one."
            self._report(Advice(message, hint=refusals.ANY_KEY))
            raise Refused(refusals.ACCESS_DENIED.status, refusals.ACCESS_DENIED.text)
        return key

    async def _check_extra(self, asked: Asked) -> None:
        """Raises BadField for a field that neither OpenAI nor the bot knows."""
        declared = await self._declared(asked.model) if asked.extra else ()
        for name in asked.extra:
            if name not in declared:
                raise BadField(name, "is not a field of this API, nor a parameter of the bot")

    def _refuse(self, refusal: Refusal, headers: Mapping[str, str]) -> web.Response:
        more = dict(headers)
        if refusal.status == refusals.RATE_LIMITED.status:
            more.update(self._limit.exceeded(), **{"Retry-After": _RETRY_AFTER_SECONDS})
        body = self._dialect.error(refusal)
        return web.json_response(body, status=refusal.status, headers=more)

    async def _whole(
        self, writer: AnswerWriter, events: Events, headers: Mapping[str, str]
    ) -> web.Response:
        reply = Reply()
        async for event in events:
            reply.feed(event)
        if reply.error is not None:
            return self._refuse(refusals.of_event(reply.error), headers)
        for piece in pieces_of(reply):
            writer.add(piece)
        writer.end()
        return web.json_response(writer.whole(), headers=headers)


def _parameters_of(dispatcher: Dispatcher, bots: LocalBots) -> _Declared:
    """The parameters that a bot of the author's declares; none are known of any other."""

    async def declared(model: str) -> Collection[str]:
        mode = dispatcher.mode_of(model)
        if mode.kind != LOCAL:
            return ()
        settings = (await bots.reach(mode.argument or model)).settings
        controls = controls_of(settings.parameter_controls if settings else None)
        return {control.parameter_name for control in controls}

    return declared


def _refusal_of(error: BadRequest | UsageError | Refused) -> Refusal:
    if isinstance(error, Refused):
        return refusals.by_status(error.status, error.message)
    if isinstance(error, BodyTooLarge):
        return refusals.by_status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    field = error.field if isinstance(error, BadField) else None
    return replace(refusals.by_status(HTTPStatus.BAD_REQUEST, str(error)), field=field)


async def _first_of(events: Events) -> list[ev.Event]:
    """The events up to the first that says something."""
    first: list[ev.Event] = []
    async for event in events:
        first.append(event)
        if not isinstance(event, (ev.Meta, ev.Ping)):
            break
    return first


async def _chained(first: list[ev.Event], rest: Events) -> Events:
    for event in first:
        yield event
    async for event in rest:
        yield event


async def _streamed(writer: AnswerWriter, events: Events) -> AsyncGenerator[bytes, None]:
    pieces = Pieces()
    yield _encoded(writer.begin())
    async for event in events:
        if isinstance(event, ev.Error):
            yield _encoded(writer.fail(refusals.of_event(event)))
            return
        for piece in pieces.of(event):
            yield _encoded(writer.add(piece))
    yield _encoded(writer.end())


def _encoded(frames: list[Frame]) -> bytes:
    return b"".join(encode_frame(frame) for frame in frames)
