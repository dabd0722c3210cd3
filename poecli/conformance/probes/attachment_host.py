"""Serves the files of the attachment probe on this machine, as Poe serves a user's files."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from poecli.http1.file_server import file_server

_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
_FILES = {
    "note.txt": ("text/plain", b"A note from poe check."),
    "dot.png": ("image/png", _DOT),
    "data.bin": ("application/octet-stream", bytes(range(256))),
}


@asynccontextmanager
async def attachment_host() -> AsyncIterator[str]:
    """The base URL of the files, on a free port of the loopback."""
    async with file_server() as server:
        for name, (content_type, data) in _FILES.items():
            server.add(name, content_type, data)
        yield server.url
