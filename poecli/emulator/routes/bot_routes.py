"""``POST /bot/{name}``: bots and scripts ask other bots.

Every answer to a query is an event stream, also a refusal: fastapi_poe's client does not look at
the status and loses any other body.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from aiohttp import web

from poecli.dev_events import Advice, Listener
from poecli.emulator import refusals
from poecli.emulator.bots.dispatcher import Dispatcher
from poecli.emulator.routes.wire import bearer_token, faults_of, origin_of, read_json, send_events
from poecli.errors import UsageError
from poecli.protocol import events as ev
from poecli.protocol.requests import (
    BadRequest,
    QueryRequest,
    ReportErrorRequest,
    SettingsRequest,
    parse_request,
)


class BotRoutes:
    """The bot query API."""

    def __init__(self, dispatcher: Dispatcher, report: Listener) -> None:
        self._dispatcher = dispatcher
        self._report = report

    def routes(self) -> list[web.RouteDef]:
        """Comes after the routes that share its prefix."""
        return [web.post("/bot/{name}", self.ask)]

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Answer a query, or take a report."""
        name = request.match_info["name"]
        try:
            asked = faults_of(request)
            body = parse_request(await read_json(request))
        except (BadRequest, UsageError) as error:
            return await send_events(request, _failure(ev.Error(str(error), allow_retry=False)))
        key = bearer_token(request)
        if not key:
            self._tell_missing_key(body)
            return await send_events(request, _failure(refusals.ACCESS_DENIED.event()))
        if isinstance(body, QueryRequest):
            answer = self._dispatcher.answer(
                name, body, origin=origin_of(request), key=key, asked=asked
            )
            return await send_events(request, answer)
        if isinstance(body, SettingsRequest):
            refusal = ev.Error("unsupported request type 'settings'", allow_retry=False)
            return await send_events(request, _failure(refusal))
        if isinstance(body, ReportErrorRequest):
            self._pass_on(name, body)
        return web.json_response({})

    def _tell_missing_key(self, body: object) -> None:
        message_id = body.message_id if isinstance(body, QueryRequest) else ""
        self._report(
            Advice(
                "A call to another bot had no key, and Poe refuses calls without one.",
                hint=f"Pass request.access_key to fp.stream_request. {refusals.ANY_KEY}",
                message_id=message_id,
            )
        )

    def _pass_on(self, name: str, body: ReportErrorRequest) -> None:
        message_id = body.metadata.get("message_id")
        self._report(
            Advice(
                f"fastapi_poe's client reported a problem with {name}'s answer: {body.message}",
                message_id=message_id if isinstance(message_id, str) else "",
            )
        )


async def _failure(error: ev.Error) -> AsyncGenerator[ev.Event, None]:
    yield error
    yield ev.Done()
