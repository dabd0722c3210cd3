"""A request as the gateway hands it to a worker, and as the bot is to see it.

Between the two, headers that belong to one connection would be misread, and the peer is the
gateway. So those headers travel under a prefix, in their place; the turn, the caller's address and
the server's own stand in front. The worker takes all of it off again: a bot sees what it would see
under uvicorn. What a client sends under the prefix is dropped, so that none of it can be forged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

RawHeaders = Iterable[tuple[bytes, bytes]]
Address = tuple[str, int]

_PREFIX = b"x-poe-dev-"
_HANDED_OVER = _PREFIX + b"turn"
_CLIENT = _PREFIX + b"client"
_SERVER = _PREFIX + b"server"
_HIDDEN = _PREFIX + b"h-"
_LENGTH = b"content-length"
# RFC 9110, section 7.6.1, and what says how long the body is or what is to happen before it.
OF_THE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade",
     b"proxy-authorization", b"proxy-authenticate", b"proxy-connection", _LENGTH, b"expect"}
)  # fmt: skip


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
        if lower in OF_THE_CONNECTION:
            sent.append((_HIDDEN + name, value))
        elif not lower.startswith(_PREFIX):
            sent.append((name, value))
    return sent


def turn_of(first: tuple[bytes, bytes]) -> int | None:
    """The turn of a request by its first header, where `hand_over` puts it."""
    name, turn = first
    return int(turn) if turn and name.lower() == _HANDED_OVER else None


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
            if lower != _LENGTH:  # that of the way from the gateway to here
                seen.append((lower, value))
        elif lower.startswith(_HIDDEN):
            seen.append((lower[len(_HIDDEN) :], value))
        else:
            ends[lower] = _address(value)
    return seen, Handover(turn_of(headers[0]), ends.get(_CLIENT), ends.get(_SERVER))


@lru_cache(maxsize=256)
def _address(value: bytes) -> Address:
    host, _, port = value.decode("ascii").rpartition(" ")
    return host, int(port)
