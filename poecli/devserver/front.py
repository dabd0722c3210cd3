"""The port: what listens on it, under which URL, and who answers there."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from poecli.addresses import is_loopback
from poecli.config.credentials import Secret
from poecli.dev_events import Listener
from poecli.devserver.gateway import MAX_REQUEST_BYTES
from poecli.devserver.server_trouble import ServerTrouble
from poecli.errors import UsageError
from poecli.http1.aiohttp_server import AiohttpServer
from poecli.http1.exchange import Exchange
from poecli.system_errors import why_of

_BACKLOG = 1024  # connections that wait to be accepted
_SHUTDOWN_SECONDS = 1.0


class Behind(Protocol):
    """Who answers on every path that is not ours: the gateway, where bots are served."""

    def takes(self, path: str) -> bool:
        """Whether plain requests to a path go there past the general server."""

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request."""


def listen(host: str, port: int, access_key: Secret | None) -> socket.socket:
    """A socket bound to the address. Raises UsageError for one that can't be had."""
    if not is_loopback(host) and access_key is None:
        raise UsageError(
            f"--host {host} opens the bot to other machines, and it has no access key.",
            why="Anyone who can reach the port could use it at your cost.",
            hint="Pass --access-key KEY as well, or leave out --host.",
            id="open-without-key",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise UsageError(
                f"poe dev can't listen on {host}:{port}.",
                why=why_of(error),
                hint="--host 127.0.0.1 --port 0 always works.",
            ) from error
        ask = "netstat -ano" if sys.platform == "win32" else f"lsof -nP -iTCP:{port} -sTCP:LISTEN"
        raise UsageError(
            f"Port {port} is in use.",
            why=f"Another program is using it; this shows which: {ask}",
            hint="--port 0 takes any free port.",
            id="port-in-use",
        ) from error


def url_of(host: str, listening: socket.socket) -> str:
    """Where this machine reaches it: a wildcard address is no destination."""
    port = listening.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{name}]:{port}" if ":" in name.strip("[]") else f"http://{name}:{port}"


@asynccontextmanager
async def serving(
    listening: socket.socket, own: Iterable[web.RouteDef], behind: Behind, report: Listener
) -> AsyncIterator[None]:
    """Answer on the socket: by our own routes, and on every other path by what is behind."""
    http_server = AiohttpServer(behind.handle, behind.takes)
    app = web.Application(client_max_size=MAX_REQUEST_BYTES)
    app.add_routes(own)
    app.router.add_route("*", "/{path:.*}", http_server.handle)
    trouble = ServerTrouble(report)
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(trouble.on_loop_error)
    try:
        async with http_server.running(
            app,
            close_seconds=_SHUTDOWN_SECONDS,
            logger=trouble.logger,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        ):
            server = await loop.create_server(http_server, sock=listening, backlog=_BACKLOG)
            watching = asyncio.create_task(http_server.watch_for_stuck_clients())
            try:
                yield
            finally:
                watching.cancel()
                server.close()
    finally:
        loop.set_exception_handler(before)
