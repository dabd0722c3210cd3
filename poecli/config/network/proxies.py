"""Which address is asked through which proxy, by the environment or the system's settings.

The variables have no standard; these are the forms that curl, Go, requests and httpx agree on, and
the nets that Docker and Kubernetes write.
https://about.gitlab.com/blog/we-need-to-talk-no-proxy/
"""

from __future__ import annotations

import importlib.util
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from poecli.addresses import is_host, is_loopback
from poecli.config.redaction import without_shapes
from poecli.errors import UsageError

_SCHEMES = ("http", "https", "all")
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class _Exception:
    """An entry of no_proxy: a name with those below it, or a net, maybe of one port or scheme."""

    name: str = ""
    net: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    port: int | None = None
    scheme: str = ""

    def covers(self, scheme: str, host: str, port: int | None) -> bool:
        if (self.scheme and self.scheme != scheme) or (self.port and self.port != port):
            return False
        if self.net is None:
            return host == self.name or host.endswith(f".{self.name}")
        try:
            return ipaddress.ip_address(host) in self.net
        except ValueError:
            return False


class Proxies:
    """The proxies of an environment.

    ``settings`` is in the form of `urllib.request.getproxies`: scheme -> URL, and "no". Raises
    UsageError for a proxy that can't be used; an entry of no_proxy that names nothing is left out.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        entries = _entries(settings.get("no", ""))
        self._by_scheme = {
            scheme: _proxy_url(f"{scheme}_proxy", settings[scheme])
            for scheme in _SCHEMES
            if settings.get(scheme) and "*" not in entries
        }
        self._exceptions = [found for entry in entries if (found := _exception(entry))]

    @property
    def all(self) -> list[str]:
        """Every proxy there is, once."""
        return list(dict.fromkeys(self._by_scheme.values()))

    def of(self, url: str) -> str | None:
        """The proxy for an address; None is no proxy. The loopback never goes through one."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        if is_loopback(host):
            return None
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        if any(each.covers(parts.scheme, host, port) for each in self._exceptions):
            return None
        return self._by_scheme.get(parts.scheme) or self._by_scheme.get("all")


def proxy_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that name proxies, as every HTTP library understands them.

    Raises UsageError for one that none can use.
    """
    named: dict[str, dict[str, str]] = {}
    for name, value in environment.items():
        scheme, _, ending = name.lower().rpartition("_")
        if ending == "proxy" and value:
            named.setdefault(scheme, {})[name] = value
    if any("*" in _entries(value) for value in named.get("no", {}).values()):
        return {}
    return {
        name: _proxy_url(name, value)
        for scheme in _SCHEMES
        for name, value in named.get(scheme, {}).items()
    }


def usable_everywhere(no_proxy: str) -> list[str]:
    """The entries of a no_proxy that no HTTP library fails on.

    httpx builds a URL of each and raises InvalidURL for a net of IPv6 addresses.
    https://github.com/encode/httpx/issues/3221
    """
    usable = (entry for entry in _entries(no_proxy) if entry == "*" or _exception(entry))
    return [entry for entry in usable if "/" not in entry or ":" not in entry or "://" in entry]


def _entries(no_proxy: str) -> list[str]:
    return [entry.strip() for entry in no_proxy.split(",")]


def _exception(entry: str) -> _Exception | None:
    """What an entry of no_proxy names; None for nothing."""
    scheme, _, rest = entry.rpartition("://")
    try:
        return _Exception(net=ipaddress.ip_network(rest.strip("[]"), strict=False), scheme=scheme)
    except ValueError:
        pass  # a name, or an address with a port
    try:
        parts = urlsplit(f"//{rest}")
        name, port = (parts.hostname or "").removeprefix("*").strip("."), parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        return None
    try:
        return _Exception(net=ipaddress.ip_network(name), port=port, scheme=scheme)
    except ValueError:
        return _Exception(name, None, port, scheme) if _NAME.fullmatch(name) else None


def _proxy_url(variable: str, value: str) -> str:
    """The proxy's URL in a form httpx takes.

    Desktops write ``socks://``, which httpx refuses: https://github.com/MoonshotAI/kimi-cli/issues/404
    """
    url = value if "://" in value else f"http://{value}"
    url = re.sub(r"^socks(?:4a?)?://", "socks5://", url)
    shown = without_shapes(url)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PROXY_SCHEMES and is_host(parts.hostname or "")
        usable = usable and (parts.port is None or parts.port > 0) and not re.search(r"\s", url)
    except ValueError:  # a port that is no number, a bracket that is not closed
        usable = False
    if not usable:
        raise UsageError(
            f"The proxy in {variable} can't be used: {shown!r}.",
            why="It must be an http://, https:// or socks5:// address.",
            hint=f"Unset {variable}, or write it as http://HOST:PORT.",
        )
    if url.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise UsageError(
            f"The proxy in {variable} is a SOCKS proxy, which needs one more package.",
            why=f"It is {shown!r}, and the package 'socksio' is not installed here.",
            hint=f"pip install socksio, or unset {variable}.",
        )
    return url
