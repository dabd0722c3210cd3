"""Serves the files of the attachment probe on this machine, as Poe serves a user's files."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
_FILES = {
    "note.txt": ("text/plain", b"A note from poe check."),
    "dot.png": ("image/png", _DOT),
    "data.bin": ("application/octet-stream", bytes(range(256))),
}


async def _file(request: web.Request) -> web.Response:
    found = _FILES.get(request.match_info["name"])
    if found is None:
        return web.Response(status=404)
    return web.Response(body=found[1], content_type=found[0])


@asynccontextmanager
async def attachment_host() -> AsyncIterator[str]:
    """The base URL of the files, on a free port of the loopback."""
    app = web.Application()
    app.router.add_get("/{name}", _file)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
