"""The server's own routes, below a prefix no bot uses; all guarded by Host and Origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

PREFIX = "/_poe"


def control_routes(
    status: Callable[[], Mapping[str, Any]], reload: Callable[[], None]
) -> list[web.RouteDef]:
    """GET status: what is served. POST reload: load the bot anew."""

    async def get_status(_request: web.Request) -> web.Response:
        return web.json_response({"v": 1, **status()})

    async def post_reload(_request: web.Request) -> web.Response:
        reload()
        return web.json_response({"v": 1}, status=202)

    return [
        web.get(f"{PREFIX}/status", get_status),
        web.post(f"{PREFIX}/reload", post_reload),
    ]
