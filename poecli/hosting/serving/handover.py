"""A request as the gateway hands it to a worker, and as the bot is to see it.

Between the two, headers that belong to one connection would be misread, and the peer is the
gateway. So those headers travel under a prefix, in their place; the turn, the caller's address and
the server's own come first. The worker takes all of it off again: a bot sees what it would see
under uvicorn. What a client sends under the prefix is dropped, so that none of it can be forged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from poecli.http1.exchange import Address
from poecli.http1.heads import HOP_BY_HOP, LENGTH, RawHeaders

_PREFIX = b"x-poe-dev-"
_HANDED_OVER = _PREFIX + b"turn"
_CLIENT = _PREFIX + b"client"
_SERVER = _PREFIX + b"server"
_HIDDEN = _PREFIX + b"h-"


@dataclass(frozen=True)
class Handover:
    """What came with a request that a gateway handed over. ``turn`` is None outside of a turn."""

    turn: int | None = None
    client: Address | None = None
    server: Address | None = None


def hand_over(headers: RawHeaders, handover: Handover) -> list[tuple[bytes, bytes]]:
    """The headers to send to the worker."""
    turn = b"" if handover.turn is None else b"%d" % handover.turn
    sent = [(_HANDED_OVER, turn)]
    for name, address in ((_CLIENT, handover.client), (_SERVER, handover.server)):
        if address is not None:
            sent.append((name, f"{address[0]} {address[1]}".encode("ascii", "replace")))
    for name, value in headers:
        lower = name.lower()
        if lower in HOP_BY_HOP:
            sent.append((_HIDDEN + name, value))
        elif not lower.startswith(_PREFIX):
            sent.append((name, value))
    return sent


def taken_over(
    headers: Sequence[tuple[bytes, bytes]],
) -> tuple[list[tuple[bytes, bytes]], Handover | None]:
    """The headers as the client sent them, names in small letters; None without a gateway."""
    if not headers or headers[0][0].lower() != _HANDED_OVER:
        return [(name.lower(), value) for name, value in headers], None
    seen: list[tuple[bytes, bytes]] = []
    ends: dict[bytes, Address] = {}
    for name, value in headers[1:]:
        lower = name.lower()
        if not lower.startswith(_PREFIX):
            if lower != LENGTH:  # that of the way from the gateway to here
                seen.append((lower, value))
        elif lower.startswith(_HIDDEN):
            seen.append((lower[len(_HIDDEN) :], value))
        else:
            ends[lower] = _address(value)
    turn = headers[0][1]
    return seen, Handover(int(turn) if turn else None, ends.get(_CLIENT), ends.get(_SERVER))


@lru_cache(maxsize=256)
def _address(value: bytes) -> Address:
    host, _, port = value.decode("ascii").rpartition(" ")
    return host, int(port)
