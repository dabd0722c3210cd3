"""The way out: one kind of session, and the one mapping of httpx's errors to ours.

Above this file nobody names httpx's exceptions, and no text made here holds a key: an address is
shown without user info, query and the key that some of Poe's paths carry.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import getproxies

import httpx

from poecli import __version__
from poecli.errors import (
    BadAnswer,
    CutStream,
    NotReachable,
    PoeCliError,
    TimedOut,
    UsageError,
)

# A path of Poe's that carries a bot's access key: /bot/fetch_settings/{bot}/{access_key}/…
_KEY_IN_PATH = re.compile(r"(/(?:fetch|update)_settings/[^/]+/)[^/?#\s\"']+")
# /bot/cost/{bot_query_id}/… carries none; user info and query may hold anything.
_USER_INFO = re.compile(r"//[^/@\s]*@")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_VISIBLE_ASCII = range(0x21, 0x7F)


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, for each step of an answer; ``total`` None is without end.

    The first event may take long: a bot that sleeps on a serverless host has to wake up.
    """

    connect: float = 10.0
    first_event: float = 120.0
    between_events: float = 300.0
    total: float | None = None


@dataclass(frozen=True)
class Peer:
    """Whom we ask, for the texts of errors. ``bot`` is a handle on Poe, or None for a bot's URL."""

    url: str
    bot: str | None = None

    @property
    def on_poe(self) -> bool:
        """True when Poe stands between us and the bot."""
        return self.bot is not None

    @property
    def name(self) -> str:
        """The bot as a reader knows it: its handle, or its address."""
        return f"the bot {self.bot!r}" if self.bot else f"the bot at {self.address}"

    @property
    def answerer(self) -> str:
        """Who speaks HTTP with us: Poe, or the bot itself."""
        return "Poe" if self.on_poe else self.name

    @property
    def address(self) -> str:
        """The URL, fit to be shown."""
        return shown_url(self.url)


def shown_url(url: str) -> str:
    """A URL without the parts that may be secret: user info, query, a key in the path."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return _KEY_IN_PATH.sub(r"\1****", _USER_INFO.sub("//", bare))


def checked_url(url: str) -> str:
    """The URL if it can be asked. Raises UsageError for one that can't."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise UsageError(
            f"{shown_url(url)!r} is no web address.", why=str(error), hint="Write https://host/."
        ) from error
    if parsed.scheme not in ("http", "https") or not re.fullmatch(r"[^\s/%]+", parsed.host):
        raise UsageError(
            f"{shown_url(url)!r} is no web address.",
            why="It does not start with https:// or http:// and a host.",
            hint="Write https://host/, or http://127.0.0.1:PORT/ for a bot on this machine.",
        )
    return url


def request_headers(key: str | None, extra: Mapping[str, str] | None) -> dict[str, str]:
    """The headers of a request, with the key as a bearer token.

    Raises UsageError, without the value, for what no header can carry: h11's own error would
    quote the key.
    """
    headers = {"User-Agent": f"poecli/{__version__}"}
    if key:
        if any(ord(character) not in _VISIBLE_ASCII for character in key):
            raise UsageError(
                "The key can't be a key.",
                why="It holds a space, a line break or a character outside ASCII.",
                hint="Copy it again.",
            )
        headers["Authorization"] = f"Bearer {key}"
    for name, value in (extra or {}).items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(
            r"[\x20-\x7e\t]*", value
        ):
            raise UsageError(f"The header {name!r} can't be sent.", why="It breaks RFC 9110.")
        headers[name] = value
    return headers


# --- the session --------------------------------------------------------------------------------


class _Transport(httpx.AsyncBaseTransport):
    """Connections, with the trust store read when the first https address is asked.

    Reading it takes some 20 ms, which a chat with a bot on this machine need not pay.
    """

    def __init__(self, proxy: str | None = None) -> None:
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
            self._tls = self._make(httpx.create_ssl_context(trust_env=True))
        return await self._tls.handle_async_request(request)

    async def aclose(self) -> None:
        await self._plain.aclose()
        if self._tls is not None:
            await self._tls.aclose()


def open_session(
    *, proxies: Mapping[str, str] | None = None, timeouts: Timeouts | None = None
) -> httpx.AsyncClient:
    """A session to ask Poe and bots with; close it with ``async with``.

    ``proxies`` is what `urllib.request.getproxies` gives, and its default: the variables
    ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, or the system's settings. The
    loopback is never asked through a proxy. Raises UsageError for a proxy that can't be used.
    """
    times = timeouts or Timeouts()
    _keep_keys_out_of_logs()
    return httpx.AsyncClient(
        transport=_Transport(),
        mounts=_mounts(getproxies() if proxies is None else proxies),
        trust_env=False,
        follow_redirects=False,  # a redirected POST would carry the key to another host
        timeout=httpx.Timeout(times.between_events, connect=times.connect),
    )


def _mounts(proxies: Mapping[str, str]) -> dict[str, httpx.AsyncBaseTransport | None]:
    """Which transport serves which addresses; None is the direct one."""
    mounts: dict[str, httpx.AsyncBaseTransport | None] = {}
    if "*" in [part.strip() for part in proxies.get("no", "").split(",")]:
        return mounts
    for scheme in ("http", "https", "all"):
        if proxies.get(scheme):
            proxy = _proxy_url(f"{scheme}_proxy", proxies[scheme])
            mounts[f"{scheme}://"] = _Transport(proxy)
    if mounts:
        mounts.update({_pattern(host): None for host in _LOOPBACK})
        for host in proxies.get("no", "").split(","):
            if host.strip():
                mounts[_pattern(host.strip())] = None
    return mounts


def _pattern(host: str) -> str:
    """The pattern for an entry of no_proxy, as httpx has them; a domain covers what is below."""
    if "://" in host:
        return host
    if host.count(":") > 1 and not host.startswith("["):
        return f"all://[{host}]"
    if host == "localhost" or host.startswith("[") or re.fullmatch(r"[\d.]+(:\d+)?", host):
        return f"all://{host}"
    return f"all://*{host}" if host.startswith(".") else f"all://*{host.lstrip('*')}"


def _proxy_url(variable: str, value: str) -> str:
    """The proxy's URL in a form httpx takes.

    Desktops write ``socks://``, which httpx refuses: https://github.com/MoonshotAI/kimi-cli/issues/404
    """
    url = value if "://" in value else f"http://{value}"
    url = re.sub(r"^socks(?:4a?)?://", "socks5://", url)
    if not re.match(r"(?:https?|socks5h?)://[^/]", url):
        raise UsageError(
            f"The proxy in {variable} can't be used: {shown_url(url)!r}.",
            why="It is neither an http://, an https:// nor a socks5:// address.",
            hint=f"Unset {variable}, or add the host to no_proxy.",
        )
    if url.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise UsageError(
            f"The proxy in {variable} is a SOCKS proxy, which needs one more package.",
            why=f"It is {shown_url(url)!r}, and the package 'socksio' is not installed here.",
            hint=f"pip install socksio, or unset {variable}.",
        )
    return url


class _KeyFilter(logging.Filter):
    """Masks keys in httpx's log of requests, which quotes whole URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = shown_log_line(record.getMessage())
        record.args = ()
        return True


def shown_log_line(line: str) -> str:
    """A log line without a key that stands in a URL."""
    return _KEY_IN_PATH.sub(r"\1****", line)


_KEY_FILTER = _KeyFilter()


def _keep_keys_out_of_logs() -> None:
    logging.getLogger("httpx").addFilter(_KEY_FILTER)  # adding it twice changes nothing


# --- httpx's errors -> ours ---------------------------------------------------------------------


def translate(error: Exception, peer: Peer, *, begun: bool = False) -> PoeCliError:
    """Our error for one of httpx's. ``begun`` tells that the answer had begun to arrive.

    An error that only a mistake of ours can cause comes back as it is not foreseen: TypeError.
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
        f"{_host(peer)} did not take the connection in time.",
        why="Nothing came back: the host is down, or a firewall drops the packets.",
        hint="Check the address and your network.",
    )


def _timed_out(_: Exception, peer: Peer, begun: bool) -> PoeCliError:
    if begun:
        return TimedOut(
            f"The answer of {peer.name} stopped arriving.",
            why="No byte came for longer than the time-out allows, and no `done` event.",
            hint="Ask again, or allow more time.",
        )
    return TimedOut(
        f"{_first_upper(peer.answerer)} took the request and did not answer in time.",
        hint="Ask again, or allow more time; a bot that sleeps needs some to wake up.",
    )


def _proxy_failed(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return NotReachable(
        f"The proxy did not connect to {_host(peer)}.",
        why="The variables http_proxy, https_proxy or all_proxy name this proxy.",
        hint="Check the proxy, unset the variable, or add the host to no_proxy.",
    )


def _not_connected(error: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return NotReachable(
            f"The TLS connection to {_host(peer)} failed.",
            why=next(_certificate_reason(c) for c in causes if isinstance(c, ssl.SSLError)),
            hint="Check the address, the clock, and SSL_CERT_FILE behind a company proxy.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NotReachable(
            f"No host of that name is known: {_host(peer)}.",
            why="The name could not be resolved.",
            hint="Check the spelling and your network.",
        )
    return NotReachable(
        f"Nobody answers at {_host(peer)}.",
        why="The connection was refused or the network is down.",
        hint="Check the address; `poe dev` prints the one of a bot on this machine.",
    )


def _closed(_: Exception, peer: Peer, begun: bool) -> PoeCliError:
    if begun:
        return CutStream(
            f"The answer of {peer.name} was cut.",
            why="The connection was closed before the `done` event.",
            hint="Ask again; what had arrived may be incomplete.",
        )
    return NotReachable(
        f"{_first_upper(peer.answerer)} closed the connection without an answer.",
        why="Its process may have ended, or it does not speak HTTP.",
        hint="Look at the bot's own log." if not peer.on_poe else "Ask again.",
    )


def _not_decoded(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return BadAnswer(
        f"The answer of {peer.name} can't be decompressed.",
        why="Its Content-Encoding does not fit its bytes.",
        hint="Send event streams without compression.",
    )


def _unusable_url(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return UsageError(
        f"{peer.address!r} is no web address that can be asked.",
        hint="Write https://host/, or http://127.0.0.1:PORT/ for a bot on this machine.",
    )


def _unsendable(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    # The library's own text may quote a header, and so a key.
    return UsageError(f"The request to {_host(peer)} can't be sent.", why="A header is malformed.")


def _redirected(_: Exception, peer: Peer, _begun: bool) -> PoeCliError:
    return NotReachable(f"{_first_upper(peer.address)} redirects without end.")


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
        return f"Its certificate is not trusted: {error.verify_message}."
    return "The other side may not speak TLS on this port."


def _host(peer: Peer) -> str:
    return shown_url(peer.url).split("://", 1)[-1].split("/", 1)[0]


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
