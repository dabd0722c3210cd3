"""What requests go through: connections, the way to them, and somebody who reads along."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import httpx

from poecli.config.network.proxies import Proxies
from poecli.config.network.trust import trust_mistake


class _Transport(httpx.AsyncBaseTransport):
    """Connections, with the trust store read when the first https address is asked.

    Reading it takes some 20 ms, which a chat with a bot on this machine need not pay.
    """

    def __init__(self, proxy: str | None) -> None:
        self._proxy = proxy
        # A context that trusts nobody, so that a mistake here fails closed.
        self._plain = self._make(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        self._tls: httpx.AsyncHTTPTransport | None = None

    def _make(self, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=context, proxy=self._proxy, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme != "https":
            return await self._plain.handle_async_request(request)
        if self._tls is None:
            self._tls = self._make(trust_store())
        return await self._tls.handle_async_request(request)

    async def aclose(self) -> None:
        await self._plain.aclose()
        if self._tls is not None:
            await self._tls.aclose()


def trust_store() -> ssl.SSLContext:
    """The certificates to believe. Raises UsageError, with the variable that spoils them."""
    try:
        context = httpx.create_ssl_context(trust_env=True)
    except (OSError, ssl.SSLError) as error:
        raise trust_mistake(os.environ) or error from error
    # A folder is read certificate by certificate as they are needed: a missing one fails nothing.
    mistake = None if context.cert_store_stats()["x509"] else trust_mistake(os.environ)
    if mistake is not None:
        raise mistake
    return context


class Routes(httpx.AsyncBaseTransport):
    """One transport for each proxy, and one for what goes directly."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._transports = {proxy: _Transport(proxy) for proxy in (None, *proxies.all)}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxies.of(str(request.url))
        return await self._transports[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()


# --- somebody who reads along, byte for byte ---


class Ear(Protocol):
    """Hears one answer: its head, then each piece before and after the reader got it."""

    def answered(self, status: int, content_type: str) -> None:
        """The head is here."""

    def passing(self, chunk: bytes) -> None:
        """A piece has come."""

    def passed(self, chunk: bytes) -> None:
        """The reader has had it."""

    def end(self, *, whole: bool) -> None:
        """It is over, or broke off, or its reader has left."""


# Given the path and query, the headers and the body of a request that is about to be sent.
Overhear = Callable[[str, Sequence[tuple[bytes, bytes]], bytes], Ear]


class Overheard(httpx.AsyncBaseTransport):
    """Another transport, with somebody who reads along."""

    def __init__(self, inner: httpx.AsyncBaseTransport, overhear: Overhear) -> None:
        self._inner = inner
        self._overhear = overhear

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        ear = self._overhear(
            request.url.raw_path.decode(), request.headers.raw, await request.aread()
        )
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            ear.end(whole=False)
            raise
        ear.answered(response.status_code, response.headers.get("content-type", ""))
        body = _Body(response, ear)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=body,
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response, ear: Ear) -> None:
        self._response = response
        self._ear = ear
        self._whole = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_raw():
            self._ear.passing(chunk)
            yield chunk
            self._ear.passed(chunk)
        self._whole = True

    async def aclose(self) -> None:
        await self._response.aclose()
        self._ear.end(whole=self._whole)
