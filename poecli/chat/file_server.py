"""Serves attached files to a bot on this machine, at addresses nobody can guess."""

from __future__ import annotations

import secrets

from aiohttp import web

from poecli.chat.attachments import PendingFile

_HOST = "127.0.0.1"


class FileServer:
    """A server on a free port of the loopback, from the first file until it is closed."""

    def __init__(self) -> None:
        self._files: dict[str, PendingFile] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def serve(self, file: PendingFile) -> str:
        """Serve one more file; its URL. The server starts with the first."""
        if self._runner is None:
            await self._start()
        token = secrets.token_urlsafe(16)
        self._files[token] = file
        return f"http://{_HOST}:{self._port}/{token}/{_quoted(file.name)}"

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/{token}/{name}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _HOST, 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["token"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.data, headers={"Content-Type": file.content_type})

    async def close(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()


def _quoted(name: str) -> str:
    # Only for people who read the URL: the token alone finds the file.
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
