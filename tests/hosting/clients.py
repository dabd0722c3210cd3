"""A bot server in this process and a client of it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from aiohttp import ClientSession

from poecli.hosting.serving.bot_server import BotServer


class Client:
    """Asks a bot that is served on loopback; `close` ends the server as well."""

    def __init__(self) -> None:
        self.port = 0
        self._stack = AsyncExitStack()

    async def start(self, server: BotServer) -> None:
        """Serve as `poe dev`'s worker does."""
        http_server = await self._stack.enter_async_context(server.serving())
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(http_server, "127.0.0.1", 0)
        self._stack.callback(listening.close)
        self.port = listening.sockets[0].getsockname()[1]
        session = ClientSession(f"http://127.0.0.1:{self.port}")
        await self._stack.enter_async_context(session)
        self.get, self.post = session.get, session.post

    async def close(self) -> None:
        """Hang up and end the server."""
        await self._stack.aclose()
