"""The protocol server around fp.PoeBot objects.

Requests to a bot go straight to its own handlers (`PoeBot.handle_query` and its siblings), without
FastAPI in between; everything else, and everything as soon as the author's app has middleware or
dependencies of its own, goes through the author's app. Intended differences to fp.run are in
tests/hosting/test_differential.py.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import fastapi_poe as fp
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route

from poecli.hosting.author import errors
from poecli.hosting.author.errors import ErrorContext, Reporter
from poecli.hosting.author.frames import waiting_place
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.finding.shapes import bot_of_route
from poecli.hosting.sandbox.modal.standin import modal_hint
from poecli.hosting.serving.asgi_bridge import AsgiBridge, Lifespan, Scope, scope_of
from poecli.hosting.serving.event_stream import SILENCE_SECONDS, Escaped, send_events
from poecli.hosting.serving.handover import taken_over
from poecli.hosting.serving.uvicorn_server import UvicornServer
from poecli.http1.exchange import Exchange
from poecli.http1.heads import ResponseHead, response_head
from poecli.http1.server import HttpServer
from poecli.protocol.messages import misfits

# A query holds the whole conversation: 1,000 messages with the text of their attachments.
MAX_BODY = 64 * 1024 * 1024
PING_SECONDS = 15.0  # as sse_starlette, which serves fastapi_poe's streams

# Of answers under way, when the server is to end; whoever ends it has waited for them already.
_CLOSE_SECONDS = 60.0
_POST = "POST"
_AUTHORIZATION = b"authorization"

_bearer = HTTPBearer()


class BotServer:
    """Answers for the bots of a target.

    ``on_turn`` is called in the context of each request with its turn, if it belongs to one,
    ``on_error`` with each error of the author's code, ``on_wait`` with a sentence about an answer
    that is silent, ``leave`` with an exit code when the author's code ends the process.
    """

    def __init__(
        self,
        loaded: Loaded,
        *,
        on_turn: Callable[[int | None], None] = lambda _turn: None,
        on_error: Reporter = errors.log_error,
        on_wait: Callable[[str], None] = lambda _text: None,
        leave: Callable[[int], None] = sys.exit,
        ping_seconds: float = PING_SECONDS,
        max_body: int = MAX_BODY,
    ) -> None:
        self._app = loaded.app
        self._on_turn = on_turn
        self._on_error = on_error
        self._on_wait = on_wait
        self._leave = leave
        self._ping_seconds = ping_seconds
        self._max_body = max_body
        self._lifespan = Lifespan(loaded.app)
        self._bridge = AsgiBridge(loaded.app, max_body)
        routes = _direct_routes(loaded.app)
        self._direct = {path: bot for path, (bot, _) in routes.items()}
        self._routes = {id(bot): route for bot, route in routes.values()}
        served = zip(loaded.paths, loaded.bots, strict=True)
        self._open = {path for path, bot in served if bot.access_key is None}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[HttpServer]:
        """The protocol factory for ``loop.create_server``; the author's lifespan lasts as long."""
        self._begin("lifespan")
        with errors.taken_from_log():
            await self._lifespan.start()
            server = UvicornServer(self.handle, self._direct.__contains__)
            try:
                yield server
            finally:
                await server.close(_CLOSE_SECONDS)
                await self._bridge.stop()
                await self._lifespan.stop()

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request; one that is left without an end is cut."""
        headers, handover = taken_over(exchange.headers)
        self._on_turn(handover.turn if handover else None)
        scope = scope_of(exchange, headers, handover, self._lifespan.state)
        is_post = exchange.method == _POST
        bot = self._direct.get(exchange.path) if is_post else None
        if bot is None:
            self._begin(exchange.path)
            # A bot without a key is open to all; FastAPI wants the header even so.
            if is_post and exchange.path in self._open and _AUTHORIZATION not in dict(headers):
                headers.append((_AUTHORIZATION, b"Bearer none"))
            await self._bridge(exchange, scope)
            return
        answer = await self._answer(
            bot, _Context(self._at_route(scope, bot), exchange, self._max_body)
        )
        if isinstance(answer, Response):
            await exchange.answer(_head(answer), bytes(answer.body))
        else:
            await self._stream(answer, exchange)

    def _begin(self, request_type: str, message_id: str = "") -> None:
        """What raises from now on in this task is the author's error in answering this."""
        errors.begin(
            ErrorContext(self._on_error, request_type, message_id, self._leave, modal_hint)
        )

    def _at_route(self, scope: Scope, bot: fp.PoeBot) -> Scope:
        """With what FastAPI adds on the way to the bot's route."""
        route = self._routes[id(bot)]
        added = {"app": self._app, "router": self._app.router, "path_params": {}}
        return {**scope, **added, "endpoint": route.endpoint, "route": route}

    async def _answer(self, bot: fp.PoeBot, context: _Context) -> Response | AsyncIterator[Any]:
        """The answer, or the events of a query's."""
        try:
            await _check_key(bot, context.http)
            body = _object(await context.read())
            kind = _text(body, "type")
            if kind == "query":
                return self._events(bot, body, context)
            self._begin(kind)
            if kind not in _REQUESTS:
                raise HTTPException(501, "Unsupported request type")  # noqa: TRY301 - see below
            handle = getattr(bot, f"handle_{kind}")
            answer = handle(_validated(_REQUESTS[kind], body), context.as_fp)
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
        self._begin("query", query.message_id)
        return bot.handle_query(query, context.as_fp).__aiter__()

    async def _stream(self, events: AsyncIterator[Any], exchange: Exchange) -> None:
        """Send the events; an error of the author's code leaves the answer without an end."""
        try:
            await send_events(
                exchange,
                events,
                ping_seconds=self._ping_seconds,
                on_silence=lambda seconds: self._on_wait(_waits(events, seconds)),
            )
        except Escaped as error:
            errors.report_all(error.__cause__ or error)
        except Exception as error:  # noqa: BLE001 - a handle_query of the author's own may raise
            errors.report(error)


class _Context:
    """A request as the bot may look at it."""

    def __init__(self, scope: Scope, exchange: Exchange, max_body: int) -> None:
        self.http = Request(scope, self._receive)
        # As fastapi_poe does: the body has been read before the bot sees the request.
        self.read = self.http.body
        self._exchange = exchange
        self._max_body = max_body
        self._given = False

    @property
    def as_fp(self) -> fp.RequestContext:
        return fp.RequestContext(http_request=self.http)

    async def _receive(self) -> dict[str, Any]:
        if self._given:
            await self._exchange.gone()
            return {"type": "http.disconnect"}
        self._given = True
        body = await self._exchange.read_up_to(self._max_body)
        if len(body) > self._max_body:
            raise HTTPException(413, f"The body is larger than {self._max_body} bytes.")
        return {"type": "http.request", "body": body, "more_body": False}


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
    scope = {"type": "http", "method": _POST, "path": path, "root_path": "", "headers": []}
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
        body = json.loads(data)  # as Starlette's `await request.json()`, where it is deployed
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
        raise HTTPException(400, misfits(error)[0]) from None


# By its type, what a request other than a query holds; the bot's method is named for it as well.
_REQUESTS = {
    "settings": fp.SettingsRequest,
    "report_feedback": fp.ReportFeedbackRequest,
    "report_error": fp.ReportErrorRequest,
}
if hasattr(fp, "ReportReactionRequest"):  # from fastapi_poe 0.0.49 on
    _REQUESTS["report_reaction"] = fp.ReportReactionRequest


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


def _head(response: Response) -> ResponseHead:
    """That of a Starlette answer, byte for byte."""
    length = len(response.body) if "content-length" in response.headers else None
    return response_head(response.status_code, response.raw_headers, length)
