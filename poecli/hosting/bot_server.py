"""The protocol server around fp.PoeBot objects.

Requests to a bot go straight to its own handlers (`PoeBot.handle_query` and its siblings), without
FastAPI in between; everything else, and everything as soon as the author's app has middleware or
dependencies of its own, goes through the author's app. Intended differences to fp.run stand in
tests/hosting/test_differential.py.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import fastapi_poe as fp
from aiohttp import hdrs, web
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from multidict import CIMultiDict
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match

from poecli.hosting import author_errors
from poecli.hosting.asgi_bridge import AsgiBridge, Lifespan, Scope, scope_of
from poecli.hosting.author_errors import Reporter, Turn
from poecli.hosting.discovery import Loaded
from poecli.hosting.event_stream import send_events
from poecli.hosting.shapes import bot_of_route

# A query holds the whole conversation: 1,000 messages with the text of their attachments.
MAX_BODY = 64 * 1024 * 1024
PING_SECONDS = 15.0  # as sse_starlette, which serves fastapi_poe's streams

_HANDLER_ARGS: dict[str, Any] = {
    # A hang-up cancels the handler, which is how the bot's generator learns of it.
    "handler_cancellation": True,
    # As uvicorn: bodies are not unpacked, and lines and headers may be up to 64 KiB.
    "auto_decompress": False,
    "max_line_size": 64 * 1024,
    "max_field_size": 64 * 1024,
}

_bearer = HTTPBearer()


def build(
    loaded: Loaded,
    *,
    on_error: Reporter = author_errors.log_error,
    ping_seconds: float = PING_SECONDS,
    max_body: int = MAX_BODY,
) -> web.Application:
    """The server's application. ``on_error`` is called with each error of the author's code."""
    server = _BotServer(loaded, on_error, ping_seconds, max_body)
    app = web.Application(client_max_size=max_body, handler_args=_HANDLER_ARGS)
    for path in server.direct_paths:
        app.router.add_post(path, server.handle)  # found by a look-up; the rest by a pattern
    app.router.add_route(hdrs.METH_ANY, "/{tail:.*}", server.handle)
    app.cleanup_ctx.append(server.running)
    return app


class _BotServer:
    def __init__(
        self, loaded: Loaded, on_error: Reporter, ping_seconds: float, max_body: int
    ) -> None:
        self._app = loaded.app
        self._on_error = on_error
        self._ping_seconds = ping_seconds
        self._lifespan = Lifespan(loaded.app)
        self._bridge = AsgiBridge(loaded.app, self._lifespan.state, max_body)
        self._direct = _direct_bots(loaded.app)
        served = zip(loaded.paths, loaded.bots, strict=True)
        self._open = {path for path, bot in served if bot.access_key is None}

    @property
    def direct_paths(self) -> list[str]:
        """Where bots are asked without the app in between."""
        return list(self._direct)

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """The author's lifespan around ours."""
        author_errors.begin(Turn(self._on_error, "lifespan"))
        with author_errors.taken_from_log():
            await self._lifespan.start()
            yield
            await self._bridge.stop()
            await self._lifespan.stop()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        bot = self._direct.get(request.path) if request.method == hdrs.METH_POST else None
        if bot is None:
            author_errors.begin(Turn(self._on_error, request.path))
            return await self._bridge(self._with_header(request))
        return await self._answer(bot, request)

    def _with_header(self, request: web.Request) -> web.Request:
        """A bot without a key is open to all; FastAPI wants the header even so."""
        is_open = request.method == hdrs.METH_POST and request.path in self._open
        if not is_open or hdrs.AUTHORIZATION in request.headers:
            return request
        headers = CIMultiDict(request.headers)
        headers[hdrs.AUTHORIZATION] = "Bearer none"
        return request.clone(headers=headers)

    async def _answer(self, bot: fp.PoeBot, request: web.Request) -> web.StreamResponse:
        scope = scope_of(request, self._lifespan.state)
        scope["app"] = self._app
        context = _Context(scope, request)
        try:
            await _check_key(bot, context.http)
            body = _object(await request.read())
            kind = _text(body, "type")
            if kind == "query":
                return await self._query(bot, body, context)
            author_errors.begin(Turn(self._on_error, kind))
            return await _reported(_handler(kind)(bot, body, context.as_fp))
        except HTTPException as refusal:
            return _refused(refusal)

    async def _query(
        self, bot: fp.PoeBot, body: dict[str, Any], context: _Context
    ) -> web.StreamResponse:
        key = bot.access_key or "<missing>"
        query = _validated(fp.QueryRequest, {**body, "access_key": key, "api_key": key})
        author_errors.begin(Turn(self._on_error, "query", query.message_id))
        events = bot.handle_query(query, context.as_fp).__aiter__()
        try:
            return await send_events(context.request, events, ping_seconds=self._ping_seconds)
        except Exception as error:  # noqa: BLE001 - a handle_query of the author's own may raise
            author_errors.report(error)
            if context.request.transport is not None:
                context.request.transport.close()  # a cut answer must look cut
            return web.Response(status=500)


class _Context:
    """A request as the bot may look at it."""

    def __init__(self, scope: Scope, request: web.Request) -> None:
        self.request = request
        self.http = Request(scope, self._receive)
        self._given = False

    @property
    def as_fp(self) -> fp.RequestContext:
        return fp.RequestContext(http_request=self.http)

    async def _receive(self) -> dict[str, Any]:
        if self._given:
            return {"type": "http.disconnect"}
        self._given = True
        return {"type": "http.request", "body": await self.request.read(), "more_body": False}


def _direct_bots(app: Any) -> dict[str, fp.PoeBot]:
    """The bots whose requests need not pass through the app: nothing of the author's is there."""
    if not isinstance(app, FastAPI) or _is_customized(app):
        return {}
    bots: dict[str, fp.PoeBot] = {}
    earlier: list[BaseRoute] = []
    for route in app.routes:
        bot = bot_of_route(route)
        if bot is None:
            earlier.append(route)
        elif "{" not in bot.path and not any(_takes(other, bot.path) for other in earlier):
            bots.setdefault(bot.path, bot)
    return bots


def _is_customized(app: FastAPI) -> bool:
    """Whether every request meets code of the author's before or after the bot."""
    plain = FastAPI().exception_handlers
    handlers = {kind: handler for kind, handler in app.exception_handlers.items() if kind in plain}
    handlers[RequestValidationError] = plain[RequestValidationError]  # make_app sets its own
    is_plain = handlers == plain and len(app.exception_handlers) == len(plain)
    return bool(app.user_middleware or app.router.dependencies) or not is_plain


def _takes(route: BaseRoute, path: str) -> bool:
    """Whether a route or mount answers a POST to a path."""
    scope = {"type": "http", "method": hdrs.METH_POST, "path": path, "root_path": "", "headers": []}
    return route.matches(scope)[0] is Match.FULL


async def _check_key(bot: fp.PoeBot, request: Request) -> None:
    """fastapi_poe's check. A bot without a key is open to all, with or without the header."""
    if bot.access_key is None or _is_right(request.headers.get("Authorization"), bot.access_key):
        return
    given = await _bearer(request)  # refuses by itself when there is no such header
    if given is None or not _is_right(f"{given.scheme} {given.credentials}", bot.access_key):
        raise HTTPException(401, "Invalid access key", {"WWW-Authenticate": "Bearer"})


def _is_right(header: str | None, key: str) -> bool:
    return hmac.compare_digest((header or "").encode(), f"Bearer {key}".encode())


def _object(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"The body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is not a JSON object")
    return body


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise HTTPException(400, f"The field {key!r} is missing or not a string")
    return value


def _validated(model: Any, body: dict[str, Any]) -> Any:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HTTPException(400, f"{place}: {first['msg']}") from None


Handler = Callable[[fp.PoeBot, dict[str, Any], fp.RequestContext], Awaitable[Response]]

_HANDLERS: dict[str, Handler] = {
    "settings": lambda bot, body, context: bot.handle_settings(
        _validated(fp.SettingsRequest, body), context
    ),
    "report_feedback": lambda bot, body, context: bot.handle_report_feedback(
        _validated(fp.ReportFeedbackRequest, body), context
    ),
    "report_reaction": lambda bot, body, context: bot.handle_report_reaction(
        _validated(fp.ReportReactionRequest, body), context
    ),
    "report_error": lambda bot, body, context: bot.handle_report_error(
        _validated(fp.ReportErrorRequest, body), context
    ),
}


def _handler(kind: str) -> Handler:
    if kind not in _HANDLERS:
        raise HTTPException(501, "Unsupported request type")
    return _HANDLERS[kind]


async def _reported(answer: Awaitable[Response]) -> web.Response:
    """A handler's answer; what the author's code raises is reported and answered with 500."""
    try:
        response = await answer
    except HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the author's code raises
        author_errors.report(error)
        return web.Response(status=500, text="Internal Server Error")
    return _given(response)


def _given(response: Response) -> web.Response:
    """A Starlette answer as aiohttp's, byte for byte."""
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers
    ]
    return web.Response(status=response.status_code, body=bytes(response.body), headers=headers)


def _refused(refusal: HTTPException) -> web.Response:
    """What FastAPI makes of an HTTPException."""
    content = {"detail": refusal.detail}
    return _given(JSONResponse(content, refusal.status_code, headers=refusal.headers))
