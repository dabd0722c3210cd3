"""The protocol server around fp.PoeBot objects.

Requests to a bot go straight to its own handlers (`PoeBot.handle_query` and its siblings), without
FastAPI in between; everything else, and everything as soon as the author's app has middleware or
dependencies of its own, goes through the author's app. Intended differences to fp.run stand in
tests/hosting/test_differential.py.
"""

from __future__ import annotations

import asyncio
import hmac
import http.client
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
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
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route

from poecli.hosting.author import errors
from poecli.hosting.author.errors import Reporter, Turn
from poecli.hosting.author.frames import waiting_place
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.finding.shapes import bot_of_route
from poecli.hosting.serving.asgi_bridge import AsgiBridge, Lifespan, Scope, scope_of, scope_of_plain
from poecli.hosting.serving.event_stream import (
    SILENCE_SECONDS,
    Escaped,
    GeneralSink,
    PlainSink,
    Sink,
    send_events,
)
from poecli.http1.server import PlainExchange, date_line

# A query holds the whole conversation: 1,000 messages with the text of their attachments.
MAX_BODY = 64 * 1024 * 1024
PING_SECONDS = 15.0  # as sse_starlette, which serves fastapi_poe's streams

_LOOK_SECONDS = 0.1

_HANDLER_ARGS: dict[str, Any] = {
    # A hang-up cancels the handler, which is how the bot's generator learns of it.
    "handler_cancellation": True,
    # As uvicorn: bodies are not unpacked, and lines and headers may be up to 64 KiB.
    "auto_decompress": False,
    "max_line_size": 64 * 1024,
    "max_field_size": 64 * 1024,
}

_bearer = HTTPBearer()


def build(loaded: Loaded, **options: Any) -> web.Application:
    """The application of a `BotServer` of these options."""
    return BotServer(loaded, **options).application()


class BotServer:
    """Answers for the bots of a target: plain requests to them by `serve`, all by `application`.

    ``on_error`` is called with each error of the author's code, ``on_wait`` with a sentence about
    an answer that is silent, ``leave`` with an exit code when the author's code ends the process.
    """

    def __init__(
        self,
        loaded: Loaded,
        *,
        on_error: Reporter = errors.log_error,
        on_wait: Callable[[str], None] = lambda _text: None,
        leave: Callable[[int], None] = sys.exit,
        ping_seconds: float = PING_SECONDS,
        max_body: int = MAX_BODY,
    ) -> None:
        self._app = loaded.app
        self._on_error = on_error
        self._on_wait = on_wait
        self._leave = leave
        self._ping_seconds = ping_seconds
        self._max_body = max_body
        self._lifespan = Lifespan(loaded.app)
        self._bridge = AsgiBridge(loaded.app, self._lifespan.state, max_body)
        routes = _direct_routes(loaded.app)
        self._direct = {path: bot for path, (bot, _) in routes.items()}
        self._routes = {id(bot): route for bot, route in routes.values()}
        served = zip(loaded.paths, loaded.bots, strict=True)
        self._open = {path for path, bot in served if bot.access_key is None}

    def application(self) -> web.Application:
        """Answers every request, and runs the author's lifespan."""
        app = web.Application(client_max_size=self._max_body, handler_args=_HANDLER_ARGS)
        for path in self._direct:
            app.router.add_post(path, self.handle)  # found by a look-up; the rest by a pattern
        app.router.add_route(hdrs.METH_ANY, "/{tail:.*}", self.handle)
        app.cleanup_ctx.append(self.running)
        return app

    def takes(self, path: str) -> bool:
        """Whether a plain request to this path is for `serve`."""
        return path in self._direct

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """The author's lifespan around ours."""
        errors.begin(Turn(self._on_error, "lifespan"))
        with errors.taken_from_log():
            await self._lifespan.start()
            yield
            await self._bridge.stop()
            await self._lifespan.stop()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        bot = self._direct.get(request.path) if request.method == hdrs.METH_POST else None
        if bot is None:
            errors.begin(Turn(self._on_error, request.path))
            return await self._bridge(self._with_header(request))
        scope = self._scope(scope_of(request, self._lifespan.state), bot)
        context = _Context(scope, request.read, partial(_gone, request))
        answer = await self._answer(bot, context)
        if isinstance(answer, Response):
            return _given(answer)
        sink = GeneralSink(request)
        if not await self._stream(answer, sink) and request.transport is not None:
            request.transport.close()  # a cut answer must look cut
        return sink.response

    async def serve(self, exchange: PlainExchange) -> None:
        """Answer one plain request to a bot; one that is left without an end is cut."""
        bot = self._direct[exchange.path]
        scope = self._scope(scope_of_plain(exchange, self._lifespan.state), bot)
        answer = await self._answer(bot, _Context(scope, exchange.read, exchange.gone))
        if isinstance(answer, Response):
            await _give_plainly(answer, exchange)
        else:
            await self._stream(answer, PlainSink(exchange))

    def _scope(self, scope: Scope, bot: fp.PoeBot) -> Scope:
        """With what FastAPI adds on the way to the bot's route."""
        route = self._routes[id(bot)]
        added = {"app": self._app, "router": self._app.router, "path_params": {}}
        return {**scope, **added, "endpoint": route.endpoint, "route": route}

    def _with_header(self, request: web.Request) -> web.Request:
        """A bot without a key is open to all; FastAPI wants the header even so."""
        is_open = request.method == hdrs.METH_POST and request.path in self._open
        if not is_open or hdrs.AUTHORIZATION in request.headers:
            return request
        headers = CIMultiDict(request.headers)
        headers[hdrs.AUTHORIZATION] = "Bearer none"
        return request.clone(headers=headers)

    async def _answer(self, bot: fp.PoeBot, context: _Context) -> Response | AsyncIterator[Any]:
        """The answer, or the events of a query's."""
        try:
            await _check_key(bot, context.http)
            body = _object(await context.read())
            kind = _text(body, "type")
            if kind == "query":
                return self._events(bot, body, context)
            errors.begin(Turn(self._on_error, kind, leave=self._leave))
            answer = _handler(kind)(bot, body, context.as_fp)
            return await _reported(answer, lambda text: self._on_wait(f"{kind} {text}"))
        except HTTPException as refusal:
            # What FastAPI makes of an HTTPException.
            content = {"detail": refusal.detail}
            return JSONResponse(content, refusal.status_code, headers=refusal.headers)

    def _events(
        self, bot: fp.PoeBot, body: dict[str, Any], context: _Context
    ) -> AsyncIterator[Any]:
        key = bot.access_key or "<missing>"
        query = _validated(fp.QueryRequest, {**body, "access_key": key, "api_key": key})
        errors.begin(Turn(self._on_error, "query", query.message_id, self._leave))
        return bot.handle_query(query, context.as_fp).__aiter__()

    async def _stream(self, events: AsyncIterator[Any], sink: Sink) -> bool:
        """Send the events; False when the author's code ended them by an error."""
        try:
            await send_events(
                sink,
                events,
                ping_seconds=self._ping_seconds,
                on_silence=lambda seconds: self._on_wait(_waits(events, seconds)),
            )
        except Escaped as error:
            errors.report_all(error.__cause__ or error)
            return False
        except Exception as error:  # noqa: BLE001 - a handle_query of the author's own may raise
            errors.report(error)
            return False
        return True


class _Context:
    """A request as the bot may look at it; ``gone`` returns when its client has hung up."""

    def __init__(
        self,
        scope: Scope,
        read: Callable[[], Awaitable[bytes]],
        gone: Callable[[], Awaitable[None]],
    ) -> None:
        self.http = Request(scope, self._receive)
        # As fastapi_poe does: the body has been read before the bot sees the request.
        self.read = self.http.body
        self._read = read
        self._gone = gone
        self._given = False

    @property
    def as_fp(self) -> fp.RequestContext:
        return fp.RequestContext(http_request=self.http)

    async def _receive(self) -> dict[str, Any]:
        if self._given:
            await self._gone()
            return {"type": "http.disconnect"}
        self._given = True
        return {"type": "http.request", "body": await self._read(), "more_body": False}


async def _gone(request: web.Request) -> None:
    # aiohttp cancels the handler when its client hangs up, and tells nobody else.
    while request.transport is not None:  # noqa: ASYNC110 - see above: there is no event
        await asyncio.sleep(_LOOK_SECONDS)


def _direct_routes(app: Any) -> dict[str, tuple[fp.PoeBot, Route]]:
    """By path, the bots whose requests need not pass through the app: nothing of the author's is
    there.
    """
    if not isinstance(app, FastAPI) or _is_customized(app):
        return {}
    bots: dict[str, tuple[fp.PoeBot, Route]] = {}
    earlier: list[BaseRoute] = []
    for route in app.routes:
        bot = bot_of_route(route)
        if bot is None or not isinstance(route, Route):
            earlier.append(route)
        elif "{" not in bot.path and not any(_takes(other, bot.path) for other in earlier):
            bots.setdefault(bot.path, (bot, route))
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


def _waits(awaited: object, seconds: float) -> str:
    place = waiting_place(awaited)
    return f"waits for {seconds:.0f} s" + (f" at {place}" if place else "")


async def _reported(answer: Awaitable[Response], on_wait: Callable[[str], None]) -> Response:
    """A handler's answer; what the author's code raises is reported and answered with 500."""
    silence = asyncio.get_running_loop().call_later(
        SILENCE_SECONDS, lambda: on_wait(_waits(answer, SILENCE_SECONDS))
    )
    try:
        return await answer
    except (HTTPException, asyncio.CancelledError):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the author's code raises
        errors.report_all(error)
        return PlainTextResponse("Internal Server Error", 500)
    finally:
        silence.cancel()


def _given(response: Response) -> web.Response:
    """A Starlette answer as aiohttp's, byte for byte."""
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers
    ]
    return web.Response(status=response.status_code, body=bytes(response.body), headers=headers)


async def _give_plainly(response: Response, exchange: PlainExchange) -> None:
    """A Starlette answer, byte for byte."""
    status = response.status_code
    reason = http.client.responses.get(status, "").encode()
    lines = b"".join(b"%b: %b\r\n" % pair for pair in response.raw_headers)
    has_length = "content-length" in response.headers or status in (204, 304)
    exchange.begin(status, reason, lines + date_line(), has_length=has_length)
    await exchange.end(bytes(response.body))
