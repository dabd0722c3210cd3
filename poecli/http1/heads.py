"""Requests in their plain form: a POST with a length, and nothing asked of the connection.

That is how Poe, browsers' fetch and every client library ask a bot. The grammar is RFC 9112's, cut
down to what can be understood in one way only; any other request is for a whole HTTP server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

LARGEST_HEAD = 8 * 1024
LARGEST_BODY = 1024 * 1024
_LONGEST_LENGTH = len(str(LARGEST_BODY))

_BEGIN = b"POST /"
_END = b"\r\n\r\n"
# A path without a query; tokens and values as RFC 9110, sections 5.5 and 5.6.2, define them.
_HEAD = re.compile(
    rb"POST (/[!\"$->@-~]*) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
)
_LENGTH = b"content-length"
_CONNECTION = b"connection"
# These ask something of the server that a plain answer does not give.
_NOT_PLAIN = frozenset(
    {b"transfer-encoding", b"te", b"trailer", b"upgrade", b"expect", b"keep-alive",
     b"content-encoding", b"proxy-connection", b"proxy-authorization", b"proxy-authenticate"}
)  # fmt: skip


class Verdict(Enum):
    """Of bytes that are not the head of a plain request."""

    INCOMPLETE = "they may become one"
    OTHER = "they never will"


@dataclass(frozen=True)
class PlainHead:
    """Path, headers as they came, and how long head and body are, in bytes."""

    path: str
    headers: list[tuple[bytes, bytes]]
    size: int
    body_size: int


def read_head(data: bytes | bytearray) -> PlainHead | Verdict:
    """The head that ``data`` begins with."""
    end = data.find(_END, 0, LARGEST_HEAD)
    if end < 0:
        may_become = data[: len(_BEGIN)] == _BEGIN[: len(data)] and len(data) < LARGEST_HEAD
        return Verdict.INCOMPLETE if may_become else Verdict.OTHER
    size = end + len(_END)
    match = _HEAD.fullmatch(data, 0, size)
    if match is None:
        return Verdict.OTHER
    path, lines = match.groups()
    headers: list[tuple[bytes, bytes]] = []
    body_size = -1
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        value = value.strip(b" \t")
        lower = name.lower()
        if lower == _LENGTH:
            if body_size >= 0 or not value.isdigit() or len(value) > _LONGEST_LENGTH:
                return Verdict.OTHER
            body_size = int(value)
        elif lower in _NOT_PLAIN or (lower == _CONNECTION and value.lower() != b"keep-alive"):
            return Verdict.OTHER
        headers.append((name, value))
    if not 0 <= body_size <= LARGEST_BODY:
        return Verdict.OTHER
    return PlainHead(path.decode("ascii"), headers, size, body_size)
