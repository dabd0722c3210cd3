"""Files for a bot on this machine, at a free port of the loopback."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType

from aiohttp import web

_HOST = "127.0.0.1"
_CLOSE_SECONDS = 1.0


class FileServer:
    """Serves what was added to it, within an ``async with``."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, bytes]] = {}
        self._stack = AsyncExitStack()
        self.url = ""

    async def __aenter__(self) -> FileServer:  # noqa: PYI034 - typing.Self came with Python 3.11
        app = web.Application()
        app.router.add_get("/{path:.+}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, _HOST, 0).start()
        self.url = f"http://{_HOST}:{runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def add(self, path: str, content_type: str, data: bytes) -> str:
        """Serve one more file; its URL. ``path`` needs no quoting."""
        self._files[path] = (content_type, data)
        return f"{self.url}/{path}"

    async def _answer(self, request: web.Request) -> web.Response:
        content_type, data = self._files.get(request.match_info["path"], ("", None))
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, headers={"Content-Type": content_type})
