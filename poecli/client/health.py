"""What a bot's server says of itself at ``/health``, as `poe serve` and the templates do."""

from __future__ import annotations

import httpx

from poecli.client.exchange import exchange
from poecli.client.http import checked_url, open_session
from poecli.client.peer import Peer
from poecli.protocol.foreign_json import loads


async def ask_build(url: str, *, seconds: float) -> str:
    """The build that a server names at this address, asked on a connection of its own.

    "" where it names none. Raises what `exchange` raises where nobody answers.
    """
    async with open_session() as session:
        request = httpx.Request("GET", checked_url(url))
        answer = await exchange(session, request, Peer(url), seconds=seconds)
    try:
        said = loads(answer.body)
    except ValueError:
        return ""
    build = said.get("build") if isinstance(said, dict) else None
    return build if isinstance(build, str) else ""
