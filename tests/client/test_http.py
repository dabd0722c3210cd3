"""The session and the one mapping of httpx's errors."""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
import ssl

import httpx
import pytest

from poecli import errors
from poecli.client.http import MAPPING, open_session, translate, translating
from poecli.client.peer import Peer
from tests.scripted import Answer, scripted_server

KEY = "s3cret" * 6
PEER = Peer(f"https://user:{KEY}@poe.test/bot/fetch_settings/b/{KEY}/1.2?key={KEY}", "b")

# Raised only by a mistake of ours, so they pass through as our own bug.
OUR_MISTAKES = {
    "CookieConflict",
    "StreamError",
    "StreamConsumed",
    "StreamClosed",
    "ResponseNotRead",
    "RequestNotRead",
    # raise_for_status() is never called: a status has its own mapping, client/status.py
    "HTTPStatusError",
    # abstract: nothing raises them themselves
    "HTTPError",
    "RequestError",
    "TransportError",
    "ProtocolError",
}
HTTPX_ERRORS = [
    kind
    for _, kind in inspect.getmembers(httpx, inspect.isclass)
    if issubclass(kind, Exception) and kind.__name__ not in OUR_MISTAKES
]


@pytest.mark.parametrize("kind", HTTPX_ERRORS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("begun", [False, True])
def test_every_error_of_httpx_has_its_own_of_ours(kind: type[Exception], begun: bool) -> None:
    """httpx gains no exception without us noticing, and no text of ours holds the key."""
    error = translate(kind(f"Illegal header value b'Bearer {KEY}'"), PEER, begun=begun)
    assert isinstance(error, errors.PoeCliError)
    assert KEY not in str(error.as_json())


def test_the_mapping_is_in_order() -> None:
    """No kind stands behind one that covers it."""
    kinds = list(MAPPING)
    late = [b for i, a in enumerate(kinds) for b in kinds[i + 1 :] if issubclass(b, a)]
    assert late == []


def test_another_error_is_a_mistake() -> None:
    """Only httpx's errors are translated."""
    with pytest.raises(TypeError):
        translate(RuntimeError("x"), PEER)


def caused_by(cause: Exception) -> Exception:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = OSError("several")
    error.__cause__.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "Unknown host"),
        (ConnectionRefusedError(), "Can't connect"),
        (ssl.SSLCertVerificationError(), "TLS connection"),
        (ssl.SSLError(), "TLS connection"),
    ],
    ids=["name", "refused", "certificate", "tls"],
)
def test_a_failed_connection_says_why(cause: Exception, words: str) -> None:
    """A wrong name, a closed port and a bad certificate are told apart."""
    with pytest.raises(errors.NotReachable, match=words) as caught, translating(PEER):
        raise caused_by(cause)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


async def test_a_log_of_requests_holds_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """httpx logs whole URLs; ours are masked before any handler sees them."""
    caplog.set_level(logging.DEBUG)
    async with scripted_server(Answer([b"ok"])) as server, open_session() as session:
        await session.post(f"{server.url}/bot/fetch_settings/b/{KEY}/1.2")
    assert "fetch_settings/b/****/1.2" in caplog.text
    assert KEY not in caplog.text


async def test_the_loopback_is_asked_directly() -> None:
    """A proxy in the environment is not asked for an address of this machine."""
    proxies = {"all": "http://127.0.0.1:9", "http": "http://127.0.0.1:9"}
    async with scripted_server(Answer([b"ok"])) as server, open_session(proxies=proxies) as session:
        assert (await session.get(server.url)).text == "ok"


async def test_a_proxy_is_asked_for_the_rest() -> None:
    """An address elsewhere goes through the proxy."""
    async with (
        scripted_server(Answer([b"from the proxy"])) as proxy,
        open_session(proxies={"all": proxy.url}) as session,
    ):
        assert (await session.get("http://poe.invalid/x")).text == "from the proxy"
    assert proxy.requests[0].path == "http://poe.invalid/x"


async def test_no_proxy_is_asked_directly() -> None:
    """A host in no_proxy is not asked through the proxy."""
    proxies = {"all": "http://127.0.0.1:9", "no": "example.test, .invalid"}
    async with open_session(proxies=proxies) as session:
        with (
            pytest.raises(errors.NotReachable, match="Unknown host"),
            translating(Peer("http://x/")),
        ):
            await session.get("http://poe.invalid/")


async def test_a_server_without_tls_is_a_tls_error() -> None:
    """https asked of a server that speaks something else says so."""

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"plain words\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, open_session() as session:
        with pytest.raises(errors.NotReachable, match="TLS"), translating(PEER):
            await session.get(url)
