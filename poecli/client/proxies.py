"""Which address is asked through which proxy, by the environment or the system's settings."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping

from poecli.client.peer import shown_url
from poecli.errors import UsageError

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def proxy_for(proxies: Mapping[str, str]) -> dict[str, str | None]:
    """The proxy's URL for each pattern of addresses (httpx's ``mounts``); None is no proxy.

    ``proxies`` is in the form of `urllib.request.getproxies`: scheme -> URL, and "no". The
    loopback never goes through a proxy. Raises UsageError for a proxy that can't be used.
    """
    mounts: dict[str, str | None] = {}
    if "*" in [part.strip() for part in proxies.get("no", "").split(",")]:
        return mounts
    for scheme in ("http", "https", "all"):
        if proxies.get(scheme):
            mounts[f"{scheme}://"] = _proxy_url(f"{scheme}_proxy", proxies[scheme])
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
