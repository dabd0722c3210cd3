"""A picture from anywhere on the internet, for a page that loads nothing by itself.

Its address was written by a bot, which may want us to ask what only this machine can reach: every
name is looked up here, and what is asked is the address that was found to be public.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from poecli.client.http import checked_url, open_session, translating
from poecli.client.peer import Peer, shown_url
from poecli.errors import BadAnswer, NotReachable, TimedOut, UsageError
from poecli.protocol.attachments import guess_content_type
from poecli.waiting import within

MOST_BYTES = 5 * 1024 * 1024
_SECONDS = 10.0
_MOST_ADDRESSES = 4  # the one that was asked for, and three redirects
_KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Picture:
    """Its type, as its first bytes prove it, and its bytes."""

    content_type: str
    data: bytes


async def fetch_picture(url: str, *, here: str = "") -> Picture:
    """The PNG, JPEG, GIF or WebP at a URL. ``here`` is host:port of what may be asked on this
    machine.

    Raises UsageError for an address that is not public, NotReachable, TimedOut, and BadAnswer for
    all that is no picture or larger than 5 MB.
    """
    try:
        return await within(_fetched(url, here), _SECONDS)
    except asyncio.TimeoutError:
        raise TimedOut(f"The picture did not arrive within {_SECONDS:g} s.") from None


async def _fetched(url: str, here: str) -> Picture:
    async with open_session() as session:
        for _ in range(_MOST_ADDRESSES):
            request = await _request(session, url, here)
            with translating(Peer(url)):
                response = await session.send(request, stream=True)
                async with contextlib.aclosing(response):
                    if not response.has_redirect_location:
                        return await _picture(response, url)
            url = str(httpx.URL(url).join(response.headers["location"]))
    raise NotReachable(f"{shown_url(url)} redirects too often.")


async def _request(session: httpx.AsyncClient, url: str, here: str) -> httpx.Request:
    target = httpx.URL(checked_url(url)).copy_with(userinfo=b"")
    name, host = target.host, target.netloc.decode()
    if host != here:
        target = target.copy_with(host=await _public_address(target))
    return session.build_request(
        "GET",
        target,
        headers={"Host": host, "Accept": "image/*", "Accept-Encoding": "identity"},
        extensions={"sni_hostname": name},
    )


async def _public_address(url: httpx.URL) -> str:
    look = asyncio.get_running_loop().getaddrinfo
    try:
        found = await look(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReachable(f"Unknown host: {url.host}.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not all(ipaddress.ip_address(each.partition("%")[0]).is_global for each in addresses):
        raise UsageError(
            f"The picture is not fetched: {url.host} is not on the public internet.",
            why="A bot's text may not make poe ask what only this machine can reach.",
        )
    return addresses[0]


async def _picture(response: httpx.Response, url: str) -> Picture:
    if response.status_code != HTTPStatus.OK:
        raise BadAnswer(f"No picture: HTTP {response.status_code}.", why=shown_url(url))
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > MOST_BYTES:
            raise BadAnswer(f"The picture is larger than {MOST_BYTES:,} bytes.", why=shown_url(url))
    proven = guess_content_type("", bytes(data[:64]))
    said = response.headers.get("content-type", "").lower()
    if proven not in _KINDS or not said.startswith("image/") or said.startswith("image/svg"):
        raise BadAnswer(
            "That is not a PNG, JPEG, GIF or WebP.",
            why=f"{shown_url(url)} says {said or 'no type'}.",
        )
    return Picture(proven, bytes(data))
