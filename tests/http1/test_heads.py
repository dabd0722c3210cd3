"""What counts as a plain request: anything that could be read in two ways does not."""

from __future__ import annotations

import pytest

from poecli.http1.heads import (
    LARGEST_BODY,
    LARGEST_HEAD,
    RequestHead,
    Verdict,
    read_request,
    response_head,
)

PLAIN = b"POST /bot HTTP/1.1\r\nHost: here\r\nContent-Length: 12\r\nX-A:  b \r\n\r\n"


def with_header(line: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nContent-Length: 2\r\n" + line + b"\r\n\r\n"


OTHER = {
    "another method": b"GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n",
    "a method in small letters": b"post / HTTP/1.1\r\nContent-Length: 2\r\n\r\n",
    "an old version": b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n",
    "a query": b"POST /?a=b HTTP/1.1\r\nContent-Length: 2\r\n\r\n",
    "a whole URL": b"POST http://here/ HTTP/1.1\r\nContent-Length: 2\r\n\r\n",
    "a path that is not ASCII": "POST /ü HTTP/1.1\r\nContent-Length: 2\r\n\r\n".encode(),
    "two spaces": b"POST /  HTTP/1.1\r\nContent-Length: 2\r\n\r\n",
    "no headers": b"POST / HTTP/1.1\r\n\r\n",
    "no length": b"POST / HTTP/1.1\r\nHost: here\r\n\r\n",
    "bare line feeds": b"POST / HTTP/1.1\nContent-Length: 2\n\r\n\r\n",
    "two lengths": with_header(b"Content-Length: 2"),
    "a length with a sign": b"POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\n",
    "a length in words": b"POST / HTTP/1.1\r\nContent-Length: two\r\n\r\n",
    "a large body": b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1),
    "a very long length": b"POST / HTTP/1.1\r\nContent-Length: " + b"0" * 99 + b"\r\n\r\n",
    "chunks": with_header(b"Transfer-Encoding: chunked"),
    "chunks in odd letters": with_header(b"tRANSFER-encoding: chunked"),
    "a last request": with_header(b"Connection: close"),
    "an upgrade": with_header(b"Upgrade: websocket"),
    "an expectation": with_header(b"Expect: 100-continue"),
    "a packed body": with_header(b"Content-Encoding: gzip"),
    "a space before the colon": with_header(b"X-A : b"),
    "a folded line": with_header(b"X-A: b\r\n c"),
    "a zero byte": with_header(b"X-A: \0"),
    "a carriage return alone": with_header(b"X-A: b\rc"),
    "a line without a colon": with_header(b"X-A"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "a head without an end": b"POST / HTTP/1.1\r\nX-A: " + b"x" * LARGEST_HEAD,
}


@pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)
def test_a_request_for_a_whole_server(data: bytes) -> None:
    """Whatever is not plain, or not sure to be, is told apart."""
    assert read_request(data) is Verdict.OTHER


def test_a_plain_request() -> None:
    """Path, headers in their order and spelling without outer blanks, the sizes of its parts."""
    headers = [(b"Host", b"here"), (b"Content-Length", b"12"), (b"X-A", b"b")]
    assert read_request(PLAIN + b"{}") == RequestHead("/bot", headers, len(PLAIN), 12)


def test_a_request_that_is_kept_alive() -> None:
    """What HTTP/1.1 does anyway may be asked for."""
    assert isinstance(read_request(with_header(b"Connection: Keep-Alive")), RequestHead)


@pytest.mark.parametrize("length", range(len(PLAIN)))
def test_a_head_that_is_not_here_whole(length: int) -> None:
    """Every beginning of a plain request may become one."""
    assert read_request(PLAIN[:length]) is Verdict.INCOMPLETE


def test_the_head_of_an_answer() -> None:
    """Status and headers as they are given, with a date where none is given."""
    dated = response_head(404, [(b"Date", b"now"), (b"X-A", b"b")], length=3)
    assert (dated.status, dated.reason, dated.has_length) == (404, b"Not Found", True)
    assert dated.lines == b"Date: now\r\nX-A: b\r\n"
    assert response_head(200, [(b"X-A", b"b")]).lines.startswith(b"X-A: b\r\nDate: ")


@pytest.mark.parametrize("pair", [(b"X-A", b"b\r\nX-C: d"), (b"X-A: b\nX", b"c"), (b"X-A", b"\0")])
def test_a_header_that_would_be_two(pair: tuple[bytes, bytes]) -> None:
    """A bot's own header can't bring in another one, or end the head."""
    with pytest.raises(ValueError, match="line end"):
        response_head(200, [pair])
