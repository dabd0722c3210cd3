"""Files for a bot on this machine, at a free port of the loopback."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_HOST = "127.0.0.1"
_CLOSE_SECONDS = 1.0


class FileServer:
    """What is served, by its path below ``url``. `file_server` makes it."""

    def __init__(self) -> None:
        self.url = ""
        self._files: dict[str, tuple[str, bytes]] = {}

    def add(self, path: str, content_type: str, data: bytes) -> str:
        """Serve one more file; its URL. ``path`` needs no quoting."""
        self._files[path] = (content_type, data)
        return f"{self.url}/{path}"

    def hand_out(self, name: str, content_type: str, data: bytes) -> str:
        """Serve a file at a URL that nobody can guess; its name is there for people who read it."""
        readable = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        return self.add(f"{secrets.token_urlsafe(16)}/{readable}", content_type, data)

    async def answer(self, request: web.Request) -> web.Response:
        content_type, data = self._files.get(request.match_info["path"], ("", None))
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, headers={"Content-Type": content_type})


@asynccontextmanager
async def file_server() -> AsyncIterator[FileServer]:
    """Serve files until the block ends."""
    files, app = FileServer(), web.Application()
    app.router.add_get("/{path:.+}", files.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, 0).start()
        files.url = f"http://{_HOST}:{runner.addresses[0][1]}"
        yield files
    finally:
        await runner.cleanup()
