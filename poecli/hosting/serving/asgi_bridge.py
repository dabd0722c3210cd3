"""An ASGI app behind an exchange: its routes, middleware and lifespan.

https://asgi.readthedocs.io/en/latest/specs/www.html and lifespan.html. Answers are given as uvicorn
gives them; WebSockets are not bridged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from poecli.errors import BotLoadError
from poecli.hosting.author import errors, frames
from poecli.hosting.serving.handover import Handover
from poecli.http1.exchange import Exchange
from poecli.http1.heads import LENGTH, response_head

Message = MutableMapping[str, Any]
Scope = dict[str, Any]
AsgiApp = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
_VERSIONS = {"version": "3.0", "spec_version": "2.3"}
_CODING = b"transfer-encoding"
_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto")


class LifespanFailed(BotLoadError):
    """The start-up part of the author's lifespan raised."""

    id = "lifespan-failed"


def scope_of(
    exchange: Exchange,
    headers: list[tuple[bytes, bytes]],
    handover: Handover | None,
    state: MutableMapping[str, Any],
) -> Scope:
    """The ASGI scope of a request, with what `taken_over` says of it.

    ``state`` is the lifespan's; each request has its own copy.
    """
    raw_path, _, query = exchange.target.partition("?")
    handover = handover or Handover(None, exchange.client, exchange.server)
    scope = {
        "type": "http",
        "asgi": _VERSIONS,
        "server": handover.server,
        "client": handover.client,
        "scheme": "http",
        "root_path": "",
        "headers": headers,
        "state": dict(state),
        "http_version": exchange.http_version,
        "method": exchange.method,
        "path": exchange.path,
        "raw_path": raw_path.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
    }
    _believe_proxy(scope)
    return scope


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
    """Answers exchanges as an ASGI app does."""

    def __init__(self, app: AsgiApp, max_body: int) -> None:
        self._app = app
        self._max_body = max_body
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, exchange: Exchange, scope: Scope) -> None:
        """Answer one request: 413 past the bound, 500 where the app gives no answer."""
        messages = _Messages(exchange, self._max_body)
        announced = dict(scope["headers"]).get(LENGTH, b"")
        if announced.isdigit() and int(announced) > self._max_body:
            await self._refuse_body(exchange)
            return
        task = asyncio.ensure_future(self._run(messages, scope))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            # The app learns of a hang-up from receive(), and may go on, as under uvicorn.
            await asyncio.shield(task)
        finally:
            messages.disconnected.set()
        if exchange.is_begun:
            return
        if messages.is_too_large:
            await self._refuse_body(exchange)
        else:
            await _refuse(exchange, 500, "Internal Server Error")

    async def _refuse_body(self, exchange: Exchange) -> None:
        await _refuse(exchange, 413, f"The body is larger than {self._max_body} bytes.")

    async def _run(self, messages: _Messages, scope: Scope) -> None:
        try:
            await self._app(scope, messages.receive, messages.send)
        except Exception as error:  # noqa: BLE001 - whatever the author's app raises
            if not messages.is_too_large:
                errors.report(error)

    async def stop(self) -> None:
        """Cancel what still runs after its peer has gone."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def _refuse(exchange: Exchange, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Content-Length", b"%d" % len(body)),
    ]
    await exchange.answer(response_head(status, headers, len(body)), body)


class _Messages:
    """One exchange as ASGI messages."""

    def __init__(self, exchange: Exchange, max_body: int) -> None:
        self._exchange = exchange
        self._max_body = max_body
        self._received = 0
        self._is_read = False
        self.disconnected = asyncio.Event()

    @property
    def is_too_large(self) -> bool:
        """Whether more was sent than is taken; for the app the peer has gone then."""
        return self._received > self._max_body

    async def receive(self) -> Message:
        """The request's body in parts, then that the peer has hung up."""
        if self._is_read and not self.is_too_large:
            await self.disconnected.wait()
        if self._is_read or self.is_too_large:
            return {"type": "http.disconnect"}
        chunk, has_more = await self._exchange.read_some()
        self._received += len(chunk)
        self._is_read = not has_more
        return {"type": "http.request", "body": chunk, "more_body": has_more}

    async def send(self, message: Message) -> None:
        """Pass one part of the app's answer on."""
        if self.disconnected.is_set() or self.is_too_large:
            return
        try:
            if message["type"] == "http.response.start":
                await self._start(message)
            elif message["type"] == "http.response.body" and self._exchange.is_begun:
                await self._write(bytes(message.get("body") or b""), message)
        except ConnectionError:
            self.disconnected.set()

    async def _start(self, message: Message) -> None:
        given = {name.lower(): value for name, value in message.get("headers", ())}
        # What says how the body is sent is the server's own affair.
        headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != _CODING]
        length = int(given[LENGTH]) if LENGTH in given else None
        await self._exchange.begin(response_head(message["status"], headers, length))
        await self._exchange.write(b"")

    async def _write(self, body: bytes, message: Message) -> None:
        if message.get("more_body", False):
            await self._exchange.write(body)
        else:
            await self._exchange.end(body)
            self.disconnected.set()


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
                hint="Check the lifespan function or on_event('startup').",
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
        # For whoever still waits: an app without lifespan simply has none, as in uvicorn.
        await self._from_app.put({"type": "lifespan.unsupported"})
