"""One request and its whole answer, whatever its status; for all that is no event stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx

from poecli.client.http import FOREIGN, Timeouts, checked_url, open_session, slow, translating
from poecli.client.peer import Peer, shown_url
from poecli.client.status import BODY_BYTES, HttpAnswer, error_from_status
from poecli.config.credentials import Secret
from poecli.errors import BadAnswer
from poecli.protocol.limits import FILE_BYTES
from poecli.waiting import within

# The list of all models on Poe is about 1 MB.
_LARGEST_BODY = 32 * 1024 * 1024


@contextlib.asynccontextmanager
async def session_or_own(
    session: httpx.AsyncClient | None, timeouts: Timeouts
) -> AsyncIterator[httpx.AsyncClient]:
    """The caller's session, left open; or one of our own, closed at the end."""
    if session is not None:
        yield session
        return
    async with open_session(timeouts=timeouts) as own:
        yield own


async def exchange(
    session: httpx.AsyncClient,
    request: httpx.Request,
    peer: Peer,
    *,
    seconds: float,
    keys: tuple[Secret, ...] = (),
) -> HttpAnswer:
    """The answer to a request, of any status, within ``seconds`` in all.

    Raises NotReachable, TimedOut, UsageError, BadAnswer: whatever httpx makes of a failed call.
    """
    with translating(peer):
        try:
            return await within(_exchange(session, request, keys), seconds)
        except asyncio.TimeoutError:
            raise slow(peer, seconds) from None


async def _exchange(
    session: httpx.AsyncClient, request: httpx.Request, keys: tuple[Secret, ...]
) -> HttpAnswer:
    response = await session.send(request, stream=True)
    async with contextlib.aclosing(response):
        if response.status_code != HTTPStatus.OK:
            return await failed_answer(response, *keys)
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LARGEST_BODY:
                break
        return _answer(response, body, keys)


async def body_of(
    session: httpx.AsyncClient,
    request: httpx.Request,
    peer: Peer,
    *,
    seconds: float,
    keys: tuple[Secret, ...] = (),
) -> bytes:
    """The body of an answer 200. Raises the error for any other, and what `exchange` raises."""
    answer = await exchange(session, request, peer, seconds=seconds, keys=keys)
    if answer.status != HTTPStatus.OK:
        raise error_from_status(answer, peer)
    return answer.body


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


async def failed_answer(response: httpx.Response, *keys: Secret | None) -> HttpAnswer:
    """An answer that is no success, with the head of its body as far as it came.

    ``keys`` are kept out of what is ever shown of it.
    """
    body = b""
    with contextlib.suppress(*FOREIGN):
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > BODY_BYTES:
                break
    return _answer(response, body[:BODY_BYTES], tuple(key for key in keys if key))


def _answer(response: httpx.Response, body: bytes, keys: tuple[Secret, ...]) -> HttpAnswer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpAnswer(response.status_code, headers, body, keys)
