"""The steps before anything is asked: the address, its name, its port, its certificate."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from errno import ECONNREFUSED
from typing import Any

from poecli.addresses import is_address
from poecli.client.http import checked_url
from poecli.client.peer import shown_url
from poecli.client.transports import trust_store
from poecli.errors import ExitCode
from poecli.probe.site import Site
from poecli.step_results import StepResult, failed, note, ok, skipped
from poecli.waiting import within

SECONDS = 10.0  # for each of these steps
_DAY = 86_400
_SOON_DAYS = 7  # Let's Encrypt's are renewed 30 days before their end
_SHOWN_ADDRESSES = 3

# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/ : number -> what it means, and what
# helps. The others are said in OpenSSL's own words.
_CERTIFICATES = {
    9: ("is not valid yet", "Check the clock of this machine, and that of the server."),
    10: (
        "has expired",
        "Renew it; Caddy, Let's Encrypt's certbot and hosts do that by themselves.",
    ),
    18: (
        "is signed by itself",
        "Poe needs one of a public authority, such as Let's Encrypt: Caddy gets it by itself.",
    ),
    19: (
        "is signed by an authority of its own",
        "Poe needs one of a public authority. If a company proxy stands between: SSL_CERT_FILE.",
    ),
    20: (
        "does not lead to an authority that is known here",
        "Serve the whole chain (fullchain.pem). If a company proxy stands between: SSL_CERT_FILE.",
    ),
    62: ("is for another name", "Get one for this name, or use the name that it is for."),
    64: ("is for another address", "Use the name that the certificate is for."),
}
_CERTIFICATES[21] = _CERTIFICATES[20]


async def address(site: Site) -> StepResult:
    """Whether it is an address that Poe could ask. Raises UsageError for none at all."""
    checked_url(site.bot.url)
    if not site.is_tls and not site.is_here:
        return failed(
            f"{shown_url(site.bot.url)} is not https://, which Poe requires.",
            "Use the https:// address, or put a proxy that has a certificate in front, like Caddy.",
        )
    if site.is_here:
        return note(
            "It is this machine's own address, which Poe can't reach.",
            "A tunnel gives it a public one: poe dev --tunnel cloudflared",
        )
    return ok(shown_url(site.bot.url))


async def dns(site: Site) -> StepResult:
    """Whether the name leads to addresses, and to public ones."""
    if site.proxy:
        return skipped(f"The proxy {shown_url(site.proxy)} looks the name up.")
    if is_address(site.host):
        return skipped(f"{site.host} is an address, not a name.")
    loop = asyncio.get_running_loop()
    looking = loop.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
    try:
        found = await within(looking, SECONDS)
    except socket.gaierror:
        return failed(
            f"The name {site.host} is not known.",
            "Check the spelling. A name that was made just now takes a while to be known here.",
            ExitCode.NOT_REACHABLE,
        )
    except asyncio.TimeoutError:
        return failed(
            f"Nobody said within {SECONDS:g} s where {site.host} is.",
            "Check your network and its name server.",
            ExitCode.NOT_REACHABLE,
        )
    addresses = sorted({str(entry[4][0]) for entry in found})
    shown = ", ".join(addresses[:_SHOWN_ADDRESSES])
    if not site.is_here and not any(ipaddress.ip_address(a).is_global for a in addresses):
        return note(
            f"{site.host} is {shown}, which only your own network can reach.",
            "Poe needs a public address: a tunnel or a proxy gives one.",
        )
    return ok(shown)


async def tcp(site: Site) -> StepResult:
    """Whether the port accepts connections."""
    if site.proxy:
        return skipped(f"The proxy {shown_url(site.proxy)} connects.")
    place = f"{site.host}:{site.port}"
    try:
        async with _connected(site):
            return ok(f"{place} accepts connections")
    except asyncio.TimeoutError:
        return failed(
            f"{place} did not accept a connection within {SECONDS:g} s.",
            "The host is down, or a firewall drops the packets: open the port there.",
            ExitCode.NOT_REACHABLE,
        )
    except OSError as error:
        if nobody_listens(error):
            return failed(
                f"Nothing listens on {place}.",
                "Start the server there, or check the port.",
                ExitCode.NOT_REACHABLE,
            )
        reason = os.strerror(error.errno) if error.errno else "the connection failed"
        return failed(
            f"Can't connect to {place}: {reason}.", "Check your network.", ExitCode.NOT_REACHABLE
        )


def nobody_listens(error: OSError) -> bool:
    """Whether a host refused; of one with several addresses asyncio tells that in words only."""
    return isinstance(error, ConnectionRefusedError) or f"[Errno {ECONNREFUSED}]" in str(error)


async def tls(site: Site) -> StepResult:
    """Whether the certificate and its chain are good. Raises UsageError for a bad trust store."""
    if not site.is_tls:
        return skipped("It is plain HTTP.")
    if site.proxy:
        return skipped(f"It goes through the proxy {shown_url(site.proxy)}: see the next step.")
    try:
        async with _connected(site, ssl=trust_store(), server_hostname=site.host) as writer:
            connection = writer.get_extra_info("ssl_object")
            return _certificate(connection.getpeercert(), connection.version())
    except ssl.SSLCertVerificationError as error:
        said = f"is not trusted: {error.verify_message}"
        means, fix = _CERTIFICATES.get(error.verify_code, (said, "Renew it."))
        return failed(f"The certificate of {site.host} {means}.", fix)
    except (OSError, asyncio.TimeoutError) as error:
        why = "its answer is not TLS, or of a version too old"
        if not isinstance(error, ssl.SSLError):
            why = "it closed the connection, or said nothing"
        return failed(
            f"{site.host}:{site.port} does not speak TLS: {why}.",
            "Serve HTTPS on that port; a bot on plain HTTP needs a proxy with a certificate.",
            ExitCode.NOT_REACHABLE,
        )


def _certificate(certificate: dict[str, Any], version: str) -> StepResult:
    issuer = dict(pair for part in certificate.get("issuer", ()) for pair in part)
    by = issuer.get("organizationName") or issuer.get("commonName") or "an unnamed authority"
    left = ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()
    says = f"{version}, a certificate of {by} for {left / _DAY:.0f} more days"
    if left < _SOON_DAYS * _DAY:
        return note(says, "It ends soon: see why it was not renewed.")
    return ok(says)


@asynccontextmanager
async def _connected(site: Site, **tls: Any) -> AsyncIterator[asyncio.StreamWriter]:
    """A connection, made within its time."""
    opening = asyncio.open_connection(site.host, site.port, **tls)
    _, writer = await within(opening, SECONDS)
    try:
        yield writer
    finally:
        writer.close()
