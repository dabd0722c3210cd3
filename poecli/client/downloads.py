"""Fetch a file that a bot sent."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from poecli.client.http import checked_url, translating
from poecli.client.peer import Peer, shown_url
from poecli.errors import BadAnswer
from poecli.protocol.limits import FILE_BYTES


async def download(url: str, session: httpx.AsyncClient, *, limit: int = FILE_BYTES.value) -> bytes:
    """The bytes at a URL. No key is sent.

    Raises NotReachable, TimedOut, UsageError for a URL that is none, BadAnswer for a status that
    is no success and for more than ``limit`` bytes.
    """
    checked_url(url)
    data = bytearray()
    with translating(Peer(url)):
        async with session.stream("GET", url, follow_redirects=True) as response:
            if response.status_code != HTTPStatus.OK:
                raise BadAnswer(
                    f"The file can't be fetched: HTTP {response.status_code}.", why=shown_url(url)
                )
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > limit:
                    raise BadAnswer(f"The file is larger than {limit:,} bytes.", why=shown_url(url))
    return bytes(data)
