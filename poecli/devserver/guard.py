"""Host and Origin checks for every route that is not the protocol.

A web page the author happens to visit can send requests to 127.0.0.1, and by DNS rebinding even
read the answers; such a request carries the page's own host or origin.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Origin
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web


def is_loopback(host: str) -> bool:
    """True for localhost and the addresses of this machine itself."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class HostGuard:
    """Lets requests pass that were meant for this server. ``allowed`` are further host names."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = {name.lower() for name in allowed}

    def wrap(self, route: web.RouteDef) -> web.RouteDef:
        """The route, guarded."""
        inner = route.handler

        async def guarded(request: web.Request) -> web.StreamResponse:
            self.check(request)
            answer: web.StreamResponse = await inner(request)
            return answer

        return web.RouteDef(route.method, route.path, guarded, route.kwargs)

    def check(self, request: web.Request) -> None:
        """Raises HTTPForbidden for a request that came by another name or from another page."""
        host = urlsplit(f"//{request.host}").hostname or ""
        if not (is_loopback(host) or host.lower() in self._allowed):
            raise web.HTTPForbidden(text=f"This server is not {host!r}. See [dev] allow_hosts.\n")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
            raise web.HTTPForbidden(text="Requests from other web pages are refused.\n")
