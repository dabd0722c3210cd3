"""An ASGI app behind an aiohttp server: its routes, middleware and lifespan.

https://asgi.readthedocs.io/en/latest/specs/www.html and lifespan.html. Answers are given as uvicorn
gives them; WebSockets are not bridged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from aiohttp import hdrs, web

from poecli.errors import BotLoadError
from poecli.hosting.author import errors, frames
from poecli.hosting.serving.handover import Address, Handover, taken_over
from poecli.http1.server import PlainExchange

Message = MutableMapping[str, Any]
Scope = dict[str, Any]
AsgiApp = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
_VERSIONS = {"version": "3.0", "spec_version": "2.3"}
_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto")


class LifespanFailed(BotLoadError):
    """The start-up part of the author's lifespan raised."""

    id = "lifespan-failed"


def scope_of(request: web.Request, state: MutableMapping[str, Any]) -> Scope:
    """The ASGI scope of a request. ``state`` is the lifespan's; each request has its own copy."""
    raw_path, _, query = request.raw_path.partition("?")
    return _scope(
        request.raw_headers,
        request.transport,
        state,
        http_version=f"{request.version.major}.{request.version.minor}",
        method=request.method,
        path=request.path,
        raw_path=raw_path.encode("latin-1", "replace"),
        query_string=query.encode("latin-1", "replace"),
    )


def scope_of_plain(exchange: PlainExchange, state: MutableMapping[str, Any]) -> Scope:
    """The same of a plain request."""
    return _scope(
        exchange.headers,
        exchange.transport,
        state,
        http_version="1.1",
        method=hdrs.METH_POST,
        path=exchange.path,
        raw_path=exchange.path.encode(),
        query_string=b"",
    )


def _scope(
    raw_headers: Sequence[tuple[bytes, bytes]],
    transport: asyncio.BaseTransport | None,
    state: MutableMapping[str, Any],
    **of_the_request: Any,
) -> Scope:
    headers, handover = taken_over(raw_headers)
    if handover is None:
        handover = Handover(None, _end(transport, "peername"), _end(transport, "sockname"))
    scope = {
        "type": "http",
        "asgi": _VERSIONS,
        "server": handover.server,
        "client": handover.client,
        "scheme": "http",
        "root_path": "",
        "headers": headers,
        "state": dict(state),
        **of_the_request,
    }
    _believe_proxy(scope)
    return scope


def _end(transport: asyncio.BaseTransport | None, which: str) -> Address | None:
    found = transport.get_extra_info(which) if transport else None
    return tuple(found[:2]) if isinstance(found, tuple) else None


async def _nothing(*_arguments: Any) -> None:
    """The application behind uvicorn's middleware: only what that does to the scope is wanted."""


def _believe_proxy(scope: Scope) -> None:
    """What uvicorn makes of a proxy on this machine: the scheme, and the client behind it.

    https://www.uvicorn.org/settings/#http: --proxy-headers is on, and trusts 127.0.0.1 or what
    FORWARDED_ALLOW_IPS names.
    """
    if not any(name in _FORWARDED for name, _ in scope["headers"]):
        return
    # 50 ms, and few requests come through a proxy.
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware  # noqa: PLC0415 - see above

    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
    # It awaits nothing but the application, so that one step is all of it.
    with contextlib.suppress(StopIteration):
        ProxyHeadersMiddleware(_nothing, trusted)(scope, _nothing, _nothing).send(None)  # type: ignore[arg-type] # its types name every key of a scope


class AsgiBridge:
    """Serves an ASGI app; an instance is an aiohttp handler."""

    def __init__(self, app: AsgiApp, state: MutableMapping[str, Any], max_body: int) -> None:
        self._app = app
        self._state = state
        self._max_body = max_body
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer one request as the app does. Raises HTTPRequestEntityTooLarge past the bound."""
        if (request.content_length or 0) > self._max_body:
            raise web.HTTPRequestEntityTooLarge(self._max_body, request.content_length or 0)
        exchange = _Exchange(request, self._max_body)
        task = asyncio.ensure_future(self._run(exchange, scope_of(request, self._state)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            # The app learns of a hang-up from receive(), and may go on, as under uvicorn.
            await asyncio.shield(task)
        finally:
            exchange.disconnected.set()
        return exchange.answer()

    async def _run(self, exchange: _Exchange, scope: Scope) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - whatever the author's app raises
            exchange.failed = True
            if not exchange.too_large:
                errors.report(error)

    async def stop(self) -> None:
        """Cancel what still runs after its peer has gone."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class _Exchange:
    """One request and its answer, as ASGI messages."""

    def __init__(self, request: web.Request, max_body: int) -> None:
        self._request = request
        self._max_body = max_body
        self._received = 0
        self._body_read = False
        self._response: web.StreamResponse | None = None
        self._complete = False
        self.disconnected = asyncio.Event()
        self.failed = False

    @property
    def too_large(self) -> bool:
        """Whether more was sent than is taken; the app is told that the peer has gone."""
        return self._received > self._max_body

    async def receive(self) -> Message:
        """The request's body in parts, then word of the peer's hanging up."""
        if self._body_read and not self.too_large:
            await self.disconnected.wait()
        if self._body_read or self.too_large:
            return {"type": "http.disconnect"}
        chunk = await self._request.content.readany()
        self._received += len(chunk)
        self._body_read = self._request.content.at_eof()
        return {"type": "http.request", "body": chunk, "more_body": not self._body_read}

    async def send(self, message: Message) -> None:
        """Pass one part of the app's answer on."""
        if self.disconnected.is_set() or self.too_large:
            return
        try:
            if message["type"] == "http.response.start":
                await self._start(message)
            elif message["type"] == "http.response.body" and self._response is not None:
                await self._write(self._response, message)
        except ConnectionError:
            self.disconnected.set()

    async def _start(self, message: Message) -> None:
        response = web.StreamResponse(status=message["status"])
        for name, value in message.get("headers", ()):
            if name.lower() != b"transfer-encoding":  # the server's own affair
                response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
        self._response = response
        await response.prepare(self._request)

    async def _write(self, response: web.StreamResponse, message: Message) -> None:
        # aiohttp leaves it to the handler that an answer to HEAD has no body.
        if message.get("body") and self._request.method != hdrs.METH_HEAD:
            await response.write(bytes(message["body"]))
        if not message.get("more_body", False):
            await response.write_eof()
            self._complete = True
            self.disconnected.set()

    def answer(self) -> web.StreamResponse:
        """The answer as far as it came."""
        if self.too_large and self._response is None:
            raise web.HTTPRequestEntityTooLarge(self._max_body, self._received)
        if self._response is None:
            return web.Response(status=500, text="Internal Server Error")
        if self.failed and not self._complete and self._request.transport is not None:
            self._request.transport.close()  # a cut answer must look cut
        return self._response


class Lifespan:
    """Runs an app's lifespan: `start` before the first request, `stop` after the last."""

    def __init__(self, app: AsgiApp) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._started = False
        self._error: Exception | None = None

    async def start(self) -> None:
        """Raises LifespanFailed when the author's start-up code raised."""
        self._task = asyncio.ensure_future(self._run())
        answer = await self._ask("lifespan.startup")
        self._started = answer["type"] == "lifespan.startup.complete"
        if answer["type"] == "lifespan.startup.failed":
            raise LifespanFailed(
                "The start-up of your app failed.",
                detail=await self._reason(answer),
                hint="Look at the lifespan function, or at on_event('startup').",
            )

    async def _reason(self, answer: Message) -> str:
        """The error's traceback, the author's frames only; else what the app says of it."""
        if self._task is not None:
            await asyncio.wait({self._task})
        if self._error is not None:
            return frames.cut_traceback(self._error)
        return str(answer.get("message", "")).rstrip()

    async def stop(self) -> None:
        """Let the author's shut-down code run to its end."""
        if self._task is not None and not self._task.done():
            await self._ask("lifespan.shutdown")
            await self._task

    async def _ask(self, kind: str) -> Message:
        await self._to_app.put({"type": kind})
        return await self._from_app.get()

    async def _run(self) -> None:
        scope: Scope = {"type": "lifespan", "asgi": _VERSIONS, "state": self.state}
        try:
            await self._app(scope, self._to_app.get, self._from_app.put)
        except Exception as error:  # noqa: BLE001 - an app without lifespan raises anything
            self._error = error
            if self._started:
                errors.report(error)
        # Whoever still waits is told: an app without lifespan simply has none, as in uvicorn.
        await self._from_app.put({"type": "lifespan.unsupported"})
