"""The way out: one kind of session, and the one mapping of httpx's errors to ours.

Above this file nobody names httpx's exceptions; the texts made here quote neither a
header nor a library's own words, which can hold a key.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO
from urllib.request import getproxies

import httpx

from poecli.addresses import is_host
from poecli.client.peer import Peer, first_upper, shown_url
from poecli.client.transports import Overhear, Overheard, Routes
from poecli.config.network.proxies import Proxies, proxy_variables
from poecli.config.redaction import without_shapes
from poecli.errors import (
    BadAnswer,
    CutStream,
    NotReachable,
    PoeCliError,
    TimedOut,
    UsageError,
)

# For annotations elsewhere: only client/ imports httpx.
Session = httpx.AsyncClient


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, for each step of an answer; ``total`` None is without end.

    The first event may take long: a bot that sleeps on a serverless host has to wake up.
    """

    connect: float = 10.0
    first_event: float = 120.0
    between_events: float = 300.0
    total: float | None = None


# --- the session --------------------------------------------------------------------------------


class _KeyFilter(logging.Filter):
    """Masks keys in httpx's log of requests, which quotes whole URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_shapes(record.getMessage())
        record.args = ()
        return True


_LARGEST_PORT = 65535
_KEY_FILTER = _KeyFilter()


def log_requests(stream: TextIO) -> None:
    """Write a line for each request and its status to a stream, without keys."""
    logger = logging.getLogger("httpx")
    logger.addFilter(_KEY_FILTER)
    logger.addHandler(logging.StreamHandler(stream))
    logger.setLevel(logging.INFO)


def open_session(
    *,
    proxies: Mapping[str, str] | None = None,
    timeouts: Timeouts | None = None,
    overhear: Overhear | None = None,
) -> httpx.AsyncClient:
    """A session to ask Poe and bots with; close it with ``async with``.

    ``proxies`` is what `urllib.request.getproxies` gives, and its default: the variables
    ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, or the system's settings. The
    loopback is never asked through a proxy. ``overhear`` is told of all that goes through it.
    Raises UsageError for a proxy that can't be used.
    """
    times = timeouts or Timeouts()
    if proxies is None:
        proxy_variables(os.environ)  # an error of it has the variable's own name
    logging.getLogger("httpx").addFilter(_KEY_FILTER)  # adding it twice changes nothing
    routes = Routes(Proxies(getproxies() if proxies is None else proxies))
    return httpx.AsyncClient(
        transport=Overheard(routes, overhear) if overhear else routes,
        trust_env=False,
        follow_redirects=False,  # a redirected POST would carry the key to another host
        timeout=httpx.Timeout(times.between_events, connect=times.connect),
    )


def checked_url(url: str) -> str:
    """The URL if it can be asked. Raises UsageError for one that can't."""
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise UsageError(
            f"{shown_url(url)!r} is not a web address.", why=str(error), hint="Write https://host/."
        ) from error
    if parsed.scheme not in ("http", "https") or not (
        re.fullmatch(r"[^\s/%]+", host) and is_host(host)
    ):
        raise UsageError(
            f"{shown_url(url)!r} is not a web address.",
            why="It does not start with https:// or http:// and a host.",
            hint="Write https://host/, or http://127.0.0.1:PORT/ for a bot on this machine.",
        )
    if parsed.port is not None and not 0 < parsed.port <= _LARGEST_PORT:
        raise UsageError(
            f"{shown_url(url)!r} is not a web address.", why=f"The largest port is {_LARGEST_PORT}."
        )
    return url


# --- httpx's errors -> ours ---------------------------------------------------------------------


def translate(error: Exception, peer: Peer, *, begun: bool = False) -> PoeCliError:
    """Our error for one of httpx's. ``begun`` tells that the answer had begun to arrive.

    Raises TypeError for any other: only a mistake of ours can cause it.
    """
    for kind, make in MAPPING.items():
        if isinstance(error, kind):
            return make(error, peer, begun)
    raise TypeError(f"no error of httpx: {type(error).__name__}") from error


@contextmanager
def translating(peer: Peer, *, begun: bool = False) -> Iterator[None]:
    """Turns what httpx raises inside into our errors."""
    try:
        yield
    except FOREIGN as error:
        raise translate(error, peer, begun=begun) from error


def _connect_timed_out(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return TimedOut(
        f"{peer.host} did not accept the connection in time.",
        why="Nothing arrived: the host is down, or a firewall drops the packets.",
        hint="Check the address and your network.",
    )


def _timed_out(_: Exception, peer: Peer, begun: bool) -> PoeCliError:
    if begun:
        return TimedOut(
            f"The answer of {peer.name} stopped arriving.",
            why="Nothing arrived within the time-out, and no `done` event.",
            hint="Try again, or allow more time.",
        )
    return slow(peer)


def slow(peer: Peer, seconds: float | None = None) -> TimedOut:
    """The error for a peer that took the request and then said nothing."""
    return TimedOut(
        f"{first_upper(peer.answerer)} accepted the request but did not answer in time.",
        why="" if seconds is None else f"Nothing arrived within {seconds:g} s.",
        hint="Try again, or allow more time; a sleeping bot needs some to wake up.",
    )


def _proxy_failed(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return NotReachable(
        f"The proxy did not connect to {peer.host}.",
        why="The variables http_proxy, https_proxy or all_proxy name this proxy.",
        hint="Check the proxy, unset the variable, or add the host to no_proxy.",
    )


def _not_connected(error: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return NotReachable(
            f"The TLS connection to {peer.host} failed.",
            why=next(_certificate_reason(c) for c in causes if isinstance(c, ssl.SSLError)),
            hint="Check the address, the clock, and SSL_CERT_FILE behind a company proxy.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NotReachable(
            f"Unknown host: {peer.host}.",
            why="The name could not be resolved.",
            hint="Check your network, and POE_BASE_URL if it is set."
            if peer.on_poe
            else "Check the spelling and your network.",
        )
    return NotReachable(
        f"Can't connect to {peer.host}.",
        why="The connection was refused or the network is down.",
        hint="Check your network, and POE_BASE_URL if it is set."
        if peer.on_poe
        else "Check the address; `poe dev` prints the one of a bot on this machine.",
    )


def _closed(_: Exception, peer: Peer, begun: bool) -> PoeCliError:
    if begun:
        return CutStream(
            f"The answer of {peer.name} was cut off.",
            why="The connection was closed before the `done` event.",
            hint="Try again; what had arrived may be incomplete.",
        )
    return NotReachable(
        f"{first_upper(peer.answerer)} closed the connection without an answer.",
        why="Its process may have ended, or it does not speak HTTP.",
        hint="Check the bot's own log." if not peer.on_poe else "Try again.",
    )


def _not_decoded(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return BadAnswer(
        f"The answer of {peer.name} can't be decompressed.",
        why="Its Content-Encoding doesn't match its content.",
        hint="Send event streams without compression.",
    )


def _unusable_url(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return UsageError(
        f"{peer.address!r} is not a web address that can be requested.",
        hint="Write https://host/, or http://127.0.0.1:PORT/ for a bot on this machine.",
    )


def _unsendable(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    # The library's own text may quote a header, and so a key.
    return UsageError(f"The request to {peer.host} can't be sent.", why="A header is malformed.")


def _redirected(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return NotReachable(f"{first_upper(peer.address)} redirects without end.")


# Most specific first: the first kind that fits is taken.
MAPPING: dict[type[Exception], Callable[[Exception, Peer, bool], PoeCliError]] = {
    httpx.ConnectTimeout: _connect_timed_out,
    httpx.PoolTimeout: _connect_timed_out,
    httpx.TimeoutException: _timed_out,
    httpx.ProxyError: _proxy_failed,
    httpx.UnsupportedProtocol: _unusable_url,
    httpx.LocalProtocolError: _unsendable,
    httpx.ConnectError: _not_connected,
    httpx.NetworkError: _closed,
    httpx.RemoteProtocolError: _closed,
    httpx.DecodingError: _not_decoded,
    httpx.TooManyRedirects: _redirected,
    httpx.InvalidURL: _unusable_url,
}
FOREIGN = tuple(MAPPING)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The errors below one, groups opened (anyio tries several addresses at once)."""
    queue: list[BaseException] = [error]
    seen: set[int] = set()
    while queue:
        current = queue.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        queue += [e for e in (current.__cause__, current.__context__) if e is not None]
        queue += getattr(current, "exceptions", ())


def _certificate_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not trusted: {getattr(error, 'verify_message', error)}."
    return "The other side may not speak TLS on this port."
