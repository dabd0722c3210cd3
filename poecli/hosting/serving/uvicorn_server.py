"""The worker's server: ours in front of uvicorn's, and the exchanges of requests uvicorn reads.

uvicorn comes with fastapi_poe, so that a worker needs nothing which the bot's environment lacks;
and it is what serves the bot where it is deployed.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from poecli.http1.exchange import Address, Exchange, Handler
from poecli.http1.heads import ResponseHead
from poecli.http1.server import HttpServer

# The gateway closes idle connections first; a worker that did would break a request on its way.
_KEEPALIVE_SECONDS = 24 * 3600
_LARGEST_HEAD = 64 * 1024  # as uvicorn takes where httptools is installed

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class UvicornServer(HttpServer):
    """A connection to uvicorn ends with the server."""

    def __init__(self, handler: Handler, takes: Callable[[str], bool]) -> None:
        super().__init__(handler, takes)
        self._state = ServerState()
        self._config = Config(
            self._answer,
            http=H11Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            workers=1,  # else an environment variable is read
            timeout_keep_alive=_KEEPALIVE_SECONDS,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
        )
        self._config.load()
        # What goes wrong is reported by the handler.
        self._log = logging.getLogger("poecli.hosting.serving")
        self._log.disabled = True
        takes_state = "app_state" in inspect.signature(H11Protocol).parameters  # uvicorn 0.22
        self._options: dict[str, Any] = {"app_state": {}} if takes_state else {}

    def general(self) -> asyncio.Protocol:
        protocol = H11Protocol(config=self._config, server_state=self._state, **self._options)
        protocol.logger = self._log
        protocol.access_log = False
        return protocol

    async def close(self, seconds: float) -> None:
        """Give running answers so many seconds, then hang up."""
        await super().close(seconds)
        for connection in list(self._state.connections):
            connection.shutdown()
        for task in (tasks := list(self._state.tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI app; uvicorn cuts the connection of an answer that is left without an end."""
        exchange = ScopeExchange(scope, receive, send)
        try:
            await self.handler(exchange)
        except asyncio.CancelledError:
            if not exchange.has_hung_up:
                raise
        finally:
            exchange.close()


class ScopeExchange(Exchange):
    """The exchange of a request to uvicorn's server."""

    __slots__ = (
        "_gone",
        "_head",
        "_receive",
        "_scope",
        "_send",
        "_task",
        "_watcher",
        "http_version",
    )

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        query: bytes = scope["query_string"]
        target = scope["raw_path"].partition(b"?")[0] + (b"?" + query if query else b"")
        super().__init__(scope["method"], target.decode(), scope["path"], scope["headers"])
        self.http_version = scope["http_version"]
        self._scope = scope
        self._receive = receive
        self._send = send
        self._head: Message | None = None
        self._gone = asyncio.Event()
        self._task = asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def transport(self) -> None:
        """Out of sight."""

    @property
    def client(self) -> Address | None:
        return self._scope["client"] or None

    @property
    def server(self) -> Address | None:
        return self._scope["server"] or None

    @property
    def has_hung_up(self) -> bool:
        """Whether the client has."""
        return self._gone.is_set()

    async def read_some(self) -> tuple[bytes, bool]:
        """What is there of the body, and whether more is to come. Raises ConnectionError."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone.set()
            raise ConnectionResetError("the client has hung up")
        has_more = message.get("more_body", False)
        if not has_more:
            self._watcher = asyncio.ensure_future(self._watch())
        return message.get("body", b""), has_more

    async def begin(self, head: ResponseHead) -> None:
        self.is_begun = True
        pairs = (line.partition(b": ") for line in head.lines.split(b"\r\n")[:-1])
        headers = [(name.lower(), value) for name, _, value in pairs]
        self._head = {"type": "http.response.start", "status": head.status, "headers": headers}

    async def write(self, data: bytes) -> None:
        await self._give(data, more_body=True)

    async def end(self, data: bytes = b"") -> None:
        self.is_over = True
        await self._give(data, more_body=False)

    async def _give(self, data: bytes, *, more_body: bool) -> None:
        if self.has_hung_up:
            raise ConnectionResetError("the client has hung up")
        if self._head is not None:
            head, self._head = self._head, None
            await self._send(head)
        if data or not more_body:
            await self._send({"type": "http.response.body", "body": data, "more_body": more_body})

    def abort(self) -> None:
        self._gone.set()
        if self._task is not None:
            self._task.cancel()

    async def gone(self) -> None:
        await self._gone.wait()

    def close(self) -> None:
        """Nobody is to learn of a hang-up any more."""
        if self._watcher is not None:
            self._watcher.cancel()

    async def _watch(self) -> None:
        """Once the request is here, the next that comes is the client's hanging up, or the end."""
        while (await self._receive())["type"] != "http.disconnect":
            continue
        if not self.is_over:
            self.abort()
