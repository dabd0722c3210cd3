"""Who may ask what: pure, from the caller's address, Host, Origin and key.

A web page that the author happens to visit can send requests to 127.0.0.1, and by DNS rebinding
even read the answers; such a request carries the page's own name as its Host or Origin. A header
proves nothing by itself, though: whoever reaches the port can write ``Host: 127.0.0.1``.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Origin

    what is asked       who passes
    the bots' own paths no page of another origin; by a name of this machine, an address, a name of
                        [dev] allow_hosts, or with the bot's key. The bot checks its key itself.
    everything of ours  no page of another origin; from this machine by one of its names, or from
                        anywhere with an access key of this server.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from aiohttp import web

from poecli.addresses import is_address, is_loopback
from poecli.config.credentials import Secret


@dataclass(frozen=True)
class Caller:
    """What a request says of who sends it. ``peer`` is its address, None where there is none.

    ``authorization`` is the header of that name, as it came.
    """

    peer: str | None
    host: str
    origin: str | None = None
    authorization: str | None = None

    @classmethod
    def of(cls, peer: str | None, headers: Iterable[tuple[bytes, bytes]]) -> Caller:
        """From raw headers; of repeated ones the first counts."""
        found: dict[bytes, str] = {}
        for name, value in headers:
            lower = name.lower()
            if lower in _LOOKED_AT:
                found.setdefault(lower, value.decode("latin-1"))
        return cls(peer, found.get(b"host", ""), found.get(b"origin"), found.get(b"authorization"))

    def shows(self, keys: Collection[Secret | None]) -> bool:
        """Whether one of the keys is shown; Poe's uploads leave "Bearer" out."""
        given = (self.authorization or "").removeprefix("Bearer ").strip().encode()
        known = (key.reveal().encode() for key in keys if key is not None)
        return any(key and hmac.compare_digest(given, key) for key in known)


_LOOKED_AT = (b"host", b"origin", b"authorization")


class Guard:
    """Judges requests. ``names`` are further names of this server."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(name.strip("[]").lower() for name in names)

    def refuses_bot(self, caller: Caller, key: Secret | None) -> str:
        """Why a request to a bot with this key is refused; empty when it passes."""
        if from_elsewhere := _foreign_page(caller):
            return from_elsewhere
        name = host_name(caller.host)
        if is_loopback(name) or name in self._names or is_address(name) or caller.shows([key]):
            return ""
        return (
            f"This server does not accept the host name {name!r}. Send the bot's access key, or "
            "add the name to allow_hosts under [dev] in poe.toml."
        )

    def refuses_ours(self, caller: Caller, keys: Collection[Secret | None]) -> str:
        """Why a request to the local Poe or the control routes is refused; empty when it passes."""
        if from_elsewhere := _foreign_page(caller):
            return from_elsewhere
        name = host_name(caller.host)
        here = caller.peer is None or is_loopback(caller.peer)
        if (here and (is_loopback(name) or name in self._names)) or caller.shows(keys):
            return ""
        return (
            f"The local Poe only accepts requests from this machine, and {caller.peer or 'nobody'} "
            f"requested it as {name!r}. From elsewhere, send the access key of this server."
        )

    def wrap(
        self, route: web.RouteDef, keys: Callable[[], Collection[Secret | None]]
    ) -> web.RouteDef:
        """A route of ours, guarded. ``keys`` are the server's access keys at the moment."""
        inner = route.handler

        async def guarded(request: web.Request) -> web.StreamResponse:
            caller = Caller.of(_peer_of(request.transport), request.raw_headers)
            if refusal := self.refuses_ours(caller, keys()):
                raise web.HTTPForbidden(text=f"{refusal}\n")
            answer: web.StreamResponse = await inner(request)
            return answer

        return web.RouteDef(route.method, route.path, guarded, route.kwargs)


def _peer_of(transport: asyncio.BaseTransport | None) -> str | None:
    """The caller's address; this machine by another of its addresses is still this machine."""
    peer = transport.get_extra_info("peername") if transport else None
    own = transport.get_extra_info("sockname") if transport else None
    if not isinstance(peer, tuple):
        return None
    return "127.0.0.1" if isinstance(own, tuple) and own[0] == peer[0] else str(peer[0])


def _foreign_page(caller: Caller) -> str:
    if caller.origin is None:
        return ""
    try:
        same = urlsplit(caller.origin).netloc.lower() == caller.host.lower() != ""
    except ValueError:  # a bracket that is not closed
        same = False
    return "" if same else "Requests from other web pages are rejected."


@lru_cache(maxsize=64)
def host_name(host: str) -> str:
    """The name in a Host header, in small letters; empty for what is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:  # a bracket that is not closed
        return ""
