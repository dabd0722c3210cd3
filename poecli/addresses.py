"""Which words are addresses of the web, and which addresses are this machine's own."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Whether a word begins as a URL does; schemes know no case (RFC 3986, section 3.1)."""
    return text.lower().startswith(("http://", "https://"))


@lru_cache(maxsize=256)  # asked of each request's client
def is_loopback(host: str) -> bool:
    """True for localhost, names below it (RFC 6761, section 6.3) and loopback addresses."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """True for a URL whose host is loopback."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:  # a bracket that is not closed
        return False


def is_host(name: str) -> bool:
    """True for what can be looked up: Python encodes each name by RFC 3490 on the way."""
    try:
        return bool(name.encode("idna").decode("idna"))
    except UnicodeError:  # an empty label, one of more than 63 characters, half a character
        return False


def is_address(host: str) -> bool:
    """True for an IP address, which unlike a name can't be rebound to another machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
