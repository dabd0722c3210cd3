"""A bot server behind a socket: plain requests straight to it, others by way of aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from poecli.hosting.serving.bot_server import BotServer
from poecli.hosting.serving.handover import turn_of
from poecli.http1.server import PlainExchange, PlainServer

# The gateway closes idle connections first; a worker that did would break a request on its way.
_KEEPALIVE_SECONDS = 24 * 3600
# Of answers under way, when the server is to end; whoever ends it has waited for them already.
_SHUTDOWN_SECONDS = 60.0


@asynccontextmanager
async def serving(
    server: BotServer, begin: Callable[[int | None], None] = lambda _turn: None
) -> AsyncIterator[PlainServer]:
    """The protocol factory for ``loop.create_server``; the author's lifespan lasts as long.

    ``begin`` is called in the context of each request with its turn, if it belongs to one.
    """

    @web.middleware
    async def begin_general(request: web.Request, handler: Handler) -> web.StreamResponse:
        begin(_turn(request.raw_headers))
        return await handler(request)

    async def answer(exchange: PlainExchange) -> None:
        begin(_turn(exchange.headers))
        await server.serve(exchange)

    app = server.application()
    app.middlewares.append(begin_general)
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,  # a client that hangs up cancels the bot's generator
        keepalive_timeout=_KEEPALIVE_SECONDS,
    )
    await runner.setup()
    try:
        if runner.server is None:
            raise AssertionError("a runner that is set up has a server")
        plain = PlainServer(answer, takes=server.takes, others=runner.server)
        try:
            yield plain
        finally:
            await plain.close(_SHUTDOWN_SECONDS)
    finally:
        await runner.cleanup()


def _turn(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    return turn_of(headers[0]) if headers else None
