"""The author's app in production: on uvicorn, with a health check, an access log and a drain.

A server that ends has answers under way, which Poe allows 600 s. What cuts them:

- sse_starlette, which ends its streams as soon as the server is to end: switched off.
- uvicorn, which closes a connection that has not sent its request yet: it gets a moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from datetime import datetime, timezone
from socket import socket
from typing import Any

import uvicorn
from sse_starlette import sse

from poecli.config.builds import HEALTH_PATH

# From accepting a connection to its request: on the way from a proxy nearby, some milliseconds. On
# a machine under load it was seen to take more than half a second, so a new one is given longer.
_SETTLE_SECONDS = 0.5
_LATE_SECONDS = 5.0
_STEP_SECONDS = 0.05
_CUT_SECONDS = 1.0  # for what a bot does when its user hangs up
_KEEP_ALIVE_SECONDS = 75  # longer than the proxies of the usual hosts keep a connection idle

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class CountedApp:
    """An ASGI app whose answers are counted and logged; it answers the health check itself.

    ``names`` are the bots by path, ``log`` a file descriptor for a line of JSON a request, None
    for no log. In the log stand neither texts nor keys: no bodies, headers or query strings.
    """

    def __init__(self, app: App, names: Mapping[str, str], build: str, log: int | None) -> None:
        self._app = app
        self._names = names
        self._build = build
        self._log = log
        self.running = 0
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == HEALTH_PATH and scope["method"] in ("GET", "HEAD"):
            await self._tell_health(scope["method"], send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _LoggedAnswer()

        async def noted(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and self.draining:
                # The next request of this connection belongs to another worker.
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)
            answer.take(message)

        self.running += 1
        try:
            await self._app(scope, receive, noted)
        finally:
            self.running -= 1
            if self._log is not None:
                line = answer.line(scope, self._names.get(scope["path"], ""))
                with suppress(OSError):  # whoever read the log is gone; the bot answers on
                    os.write(self._log, line)

    async def _tell_health(self, method: str, send: Send) -> None:
        state = "draining" if self.draining else "ready"
        health = {"status": state, "build": self._build, "running": self.running}
        body = json.dumps(health).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        status = 503 if self.draining else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if method == "GET" else b""})


class _LoggedAnswer:
    """One answer, as far as the log tells of it."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._first: float | None = None
        self._status = 0
        self._size = 0
        self._whole = False

    def take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            if self._first is None:
                self._first = time.perf_counter()
            self._size += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)

    def line(self, scope: Scope, bot: str) -> bytes:
        client = scope.get("client") or ("",)
        first = None if self._first is None else _ms(self._first - self._began)
        return (
            json.dumps(
                {
                    "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
                    "event": "request",
                    "worker": os.getpid(),
                    "client": client[0],
                    "method": scope["method"],
                    "path": scope["path"],
                    "bot": bot,
                    "status": self._status,
                    "bytes": self._size,
                    "first_ms": first,
                    "ms": _ms(time.perf_counter() - self._began),
                    "whole": self._whole,
                }
            ).encode()
            + b"\n"
        )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


class ProductionServer(uvicorn.Server):
    """uvicorn, told to end by `drain` and `give_up`, from any thread.

    ``on_ready`` is called when it accepts requests, ``on_drain`` with the number of the answers
    that are waited for.
    """

    def __init__(
        self,
        app: CountedApp,
        *,
        proxies: str,
        on_ready: Callable[[], None],
        on_drain: Callable[[int], None],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                proxy_headers=True,
                forwarded_allow_ips=proxies,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                workers=1,  # else an environment variable is read
            )
        )
        self._counted = app
        self._on_ready = on_ready
        self._on_drain = on_drain
        self._accept_seconds = 0.0
        _keep_streams()

    @property
    def running(self) -> int:
        """The answers under way."""
        return self._counted.running

    def drain(self, accept_seconds: float = 0.0) -> None:
        """End when the answers under way have ended; accept others for a while yet."""
        self._accept_seconds = accept_seconds
        self.should_exit = True

    def give_up(self) -> None:
        """End now."""
        self.force_exit = True
        self.should_exit = True

    def handle_exit(self, sig: int, frame: Any) -> None:
        """A signal to this worker alone drains it, a second one ends it."""
        del sig, frame
        if self.should_exit:
            self.give_up()
        self.drain()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop accepting, let begun requests arrive, then what uvicorn does: wait for the rest."""
        self._counted.draining = True
        await self._pause(self._accept_seconds)
        for server in self.servers:
            server.close()
        await self._pause(_SETTLE_SECONDS)
        await self._pause(_LATE_SECONDS, self._expects_a_request)
        self._on_drain(self.running)
        cutting = asyncio.create_task(self._cut())
        await super().shutdown(sockets)
        if self.force_exit:
            await cutting
            if self.server_state.tasks:
                await asyncio.wait(self.server_state.tasks, timeout=_CUT_SECONDS)
            await self.lifespan.shutdown()
        cutting.cancel()

    async def _cut(self) -> None:
        """Hang up once it is to end now: answers end as at any user's, and not with the loop, of
        which uvicorn and starlette tell tracebacks; and from Python 3.12 on it waits for them.
        """
        while not self.force_exit:  # noqa: ASYNC110 - set from any thread
            await asyncio.sleep(_STEP_SECONDS)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def _pause(self, seconds: float, going_on: Callable[[], bool] = lambda: True) -> None:
        for _ in range(round(seconds / _STEP_SECONDS)):
            if not self.force_exit and going_on():
                await asyncio.sleep(_STEP_SECONDS)

    def _expects_a_request(self) -> bool:
        """Whether a connection has not sent its first one yet."""
        connections = self.server_state.connections
        return any(getattr(each, "cycle", self) is None for each in connections)


def _keep_streams() -> None:
    """Have sse_starlette leave running streams alone when the server is to end (from 3.0.4 on)."""
    disable = getattr(sse.AppStatus, "disable_automatic_graceful_drain", None)
    if disable is not None:
        disable()
