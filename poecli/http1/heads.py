"""The heads of requests and of answers, read from bytes.

Requests are read in their plain form only: a POST with a length, and nothing asked of the
connection. That is how Poe, browsers' fetch and every client library ask a bot. The grammar is RFC
9112's, cut down to what can be understood in one way only; any other request is for a whole HTTP
server.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from enum import Enum
from functools import lru_cache
from http import HTTPStatus

RawHeaders = Iterable[tuple[bytes, bytes]]

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
LENGTH = b"content-length"
_CONNECTION = b"connection"
# RFC 9110, section 7.6.1, and what says how long the body is or what is to happen before it.
HOP_BY_HOP = frozenset(
    {b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"expect",
     b"proxy-authorization", b"proxy-authenticate", b"proxy-connection", _CONNECTION, LENGTH}
)  # fmt: skip
# These ask something of the server that a plain answer does not give.
_NOT_PLAIN = HOP_BY_HOP - {_CONNECTION, LENGTH} | {b"content-encoding"}
_STREAM = b"text/event-stream"
_NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_UNSAFE = re.compile(rb"[\r\n\0]")


class Verdict(Enum):
    """Of bytes that are not the head of a plain request."""

    INCOMPLETE = "they may become one"
    OTHER = "they never will"


@dataclass(frozen=True)
class RequestHead:
    """Path, headers as they came, and how long head and body are, in bytes."""

    path: str
    headers: list[tuple[bytes, bytes]]
    size: int
    body_size: int


def read_request(data: bytes | bytearray) -> RequestHead | Verdict:
    """The head of a plain request that ``data`` begins with."""
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
        if lower == LENGTH:
            if body_size >= 0 or not value.isdigit() or len(value) > _LONGEST_LENGTH:
                return Verdict.OTHER
            body_size = int(value)
        elif lower in _NOT_PLAIN or (lower == _CONNECTION and value.lower() != b"keep-alive"):
            return Verdict.OTHER
        headers.append((name, value))
    if not 0 <= body_size <= LARGEST_BODY:
        return Verdict.OTHER
    return RequestHead(path.decode("ascii"), headers, size, body_size)


@dataclass(frozen=True)
class ResponseHead:
    """Status line and headers of an answer, without what says how its body is framed in chunks.

    ``lines`` are the headers as they are sent, each with its line end.
    """

    status: int
    reason: bytes = b""
    lines: bytes = b""
    length: int | None = None
    is_chunked: bool = False
    is_stream: bool = False

    @property
    def has_length(self) -> bool:
        """Whether the body's end is known without chunks."""
        return self.length is not None or self.status in _NO_BODY

    @property
    def is_empty(self) -> bool:
        """Whether no body follows, whatever was asked."""
        return self.length == 0 or self.status in _NO_BODY

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names and values."""
        pairs = (line.partition(b":") for line in self.lines.split(b"\r\n")[:-1])
        return [(_text(name), _text(value.strip())) for name, _, value in pairs]


# Answers of one second have the same head but for their dates; most of a busy server's are one.
@lru_cache(maxsize=8)
def read_response(text: bytes) -> ResponseHead:
    """The head of an answer, without the blank line at its end. Raises ValueError."""
    first, *lines = text.split(b"\r\n")
    _, status, *reason = first.split(b" ", 2)
    passed_on = []
    length: int | None = None
    is_chunked = is_stream = False
    for line in lines:
        name, _, value = line.partition(b":")
        lower = name.lower()
        if lower == LENGTH:
            length = int(value)
        elif lower == b"transfer-encoding":
            is_chunked = True
            continue
        elif lower == b"content-type":
            is_stream = value.strip().startswith(_STREAM)
        elif lower in HOP_BY_HOP:
            continue
        passed_on.append(line + b"\r\n")
    return ResponseHead(
        int(status), b"".join(reason), b"".join(passed_on), length, is_chunked, is_stream
    )


def response_head(status: int, headers: RawHeaders, length: int | None = None) -> ResponseHead:
    """The head of an answer of ours, dated. Raises ValueError for a header that would be two."""
    pairs = tuple((name, value) for name, value in headers)
    return _response_head(status, pairs, length, int(time.time()))


@lru_cache(maxsize=8)
def _response_head(
    status: int, headers: tuple[tuple[bytes, bytes], ...], length: int | None, seconds: int
) -> ResponseHead:
    for name, value in headers:
        if _UNSAFE.search(name) or _UNSAFE.search(value):
            raise ValueError(f"a line end in the header {name!r}")
    if not any(name.lower() == b"date" for name, _ in headers):
        # A server with a clock sends it with every answer (RFC 9110, section 6.6.1).
        headers += ((b"Date", formatdate(seconds, usegmt=True).encode()),)
    lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
    return ResponseHead(status, _REASONS.get(status, b""), lines, length)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
