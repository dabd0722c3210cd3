"""The server's own routes, below a prefix that no bot may have; all guarded by Host and Origin.

Every other path is the author's: fastapi_poe's own tests serve bots at ``/bot/NAME``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

PREFIX = "/_poe"


def is_ours(path: str) -> bool:
    """Whether a path belongs to the server and not to a bot."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def own_routes(
    status: Callable[[], Mapping[str, Any]],
    reload: Callable[[], None],
    platform: Iterable[web.RouteDef],
) -> list[web.RouteDef]:
    """GET status: what is served. POST reload: load the bot anew. And the local Poe's, at ``/``."""

    async def get_status(_request: web.Request) -> web.Response:
        return web.json_response({"v": 1, **status()})

    async def post_reload(_request: web.Request) -> web.Response:
        reload()
        return web.json_response({"v": 1}, status=202)

    return [
        web.get(f"{PREFIX}/status", get_status),
        web.post(f"{PREFIX}/reload", post_reload),
        *map(_under_prefix, platform),
        web.route("*", f"{PREFIX}{{rest:(/.*)?}}", _nothing_here),
    ]


def _under_prefix(route: web.RouteDef) -> web.RouteDef:
    """The route at its place below the prefix."""
    if route.path.startswith(f"{PREFIX}/"):
        return route
    return web.RouteDef(route.method, PREFIX + route.path, route.handler, route.kwargs)


async def _nothing_here(request: web.Request) -> web.Response:
    """The answer below the prefix where no route is: it never reaches the bot."""
    return web.json_response({"error": f"nothing is served at {request.path}"}, status=404)
