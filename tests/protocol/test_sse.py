"""Bytes and frames, by the WHATWG rules."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.protocol.sse import EventTooLarge, Frame, SseDecoder, encode_frame

BOM = b"\xef\xbb\xbf"

# (bytes of a stream, the frames it holds)
SAMPLES = [
    pytest.param(b"data: a\n\n", [Frame(data="a")], id="plain"),
    pytest.param(b"event: text\ndata: a\n\n", [Frame("text", "a")], id="named"),
    pytest.param(b"event: text\r\ndata: a\r\n\r\n", [Frame("text", "a")], id="crlf"),
    pytest.param(b"event: text\rdata: a\r\r", [Frame("text", "a")], id="cr"),
    pytest.param(b"data: a\r\n\ndata: b\n\r\n", [Frame(data="a"), Frame(data="b")], id="mixed"),
    pytest.param(b"data: a\r\rdata: b\r\r", [Frame(data="a"), Frame(data="b")], id="two-by-cr"),
    pytest.param(b"data: a\n\r\n\rdata: b\n\n", [Frame(data="a"), Frame(data="b")], id="lf-cr"),
    pytest.param(b"data: a\ndata: b\n\n", [Frame(data="a\nb")], id="two-lines"),
    pytest.param(b"data:a\n\n", [Frame(data="a")], id="no-space"),
    pytest.param(b"data:  a\n\n", [Frame(data=" a")], id="one-space-is-dropped"),
    pytest.param(b"data: a: b\n\n", [Frame(data="a: b")], id="colon-in-value"),
    pytest.param(b"data\n\n", [Frame(data="")], id="no-colon"),
    pytest.param(b"data:\n\n", [Frame(data="")], id="empty-data"),
    pytest.param(b"data\ndata\n\n", [Frame(data="\n")], id="two-empty-lines"),
    pytest.param(b"event: text\n\n", [], id="name-without-data"),
    pytest.param(b"event: text\n\ndata: a\n\n", [Frame(data="a")], id="name-is-forgotten"),
    pytest.param(b"event: a\nevent: b\ndata: x\n\n", [Frame("b", "x")], id="last-name-wins"),
    pytest.param(b"event:\ndata: x\n\n", [Frame("message", "x")], id="empty-name"),
    pytest.param(b"\n\n\ndata: a\n\n\n\n", [Frame(data="a")], id="empty-lines"),
    pytest.param(b": hello\n\ndata: a\n:\n\n", [Frame(data="a")], id="comments"),
    pytest.param(b"foo: x\nDATA: y\n data: z\ndata: a\n\n", [Frame(data="a")], id="odd-fields"),
    pytest.param(
        b"id: 7\ndata: a\n\ndata: b\n\n",
        [Frame(data="a", id="7"), Frame(data="b", id="7")],
        id="id-stays",
    ),
    pytest.param(
        b"id: 7\n\ndata: a\n\nid\ndata: b\n\n",
        [Frame(data="a", id="7"), Frame(data="b")],
        id="id-alone-and-id-cleared",
    ),
    pytest.param(
        b"id: 1\nid: 2\0\ndata: a\n\n", [Frame(data="a", id="1")], id="id-with-nul-is-ignored"
    ),
    pytest.param(BOM + b"data: a\n\n", [Frame(data="a")], id="bom"),
    pytest.param(BOM + BOM + b"data: a\n\n", [], id="one-bom-only"),
    pytest.param(b"data: a\n\n" + BOM + b"data: b\n\n", [Frame(data="a")], id="bom-later"),
    pytest.param(
        "data: a\u2028b\u0085c\x0bd\x0ce\x1cf\n\n".encode(),
        [Frame(data="a\u2028b\u0085c\x0bd\x0ce\x1cf")],
        id="no-line-ends",
    ),
    pytest.param("data: grüß 日本 👍\n\n".encode(), [Frame(data="grüß 日本 👍")], id="utf-8"),
    pytest.param(b"data: \xff\xc3\n\n", [Frame(data="\ufffd\ufffd")], id="broken-utf-8"),
    pytest.param(b"data: a\n\ndata: b\n", [Frame(data="a")], id="unterminated"),
    pytest.param(b"data: a\n\ndata: b", [Frame(data="a")], id="unterminated-line"),
    pytest.param(b"", [], id="nothing"),
]


def decode(*chunks: bytes) -> list[Frame]:
    decoder = SseDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk)]


@pytest.mark.parametrize(("stream", "expected"), SAMPLES)
def test_a_stream_holds_its_frames(stream: bytes, expected: list[Frame]) -> None:
    """Each sample is read as the standard says."""
    assert decode(stream) == expected


@pytest.mark.parametrize(("stream", "expected"), SAMPLES)
def test_every_cut_gives_the_same_frames(stream: bytes, expected: list[Frame]) -> None:
    """Cut in two anywhere, in three anywhere, or into single bytes: the frames are the same."""
    cuts = range(len(stream) + 1)
    assert all(decode(stream[:a], stream[a:]) == expected for a in cuts)
    assert all(
        decode(stream[:a], stream[a:b], b"", stream[b:]) == expected
        for a in cuts
        for b in range(a, len(stream) + 1)
    )
    assert decode(*(stream[n : n + 1] for n in range(len(stream)))) == expected


LINES = st.sampled_from(
    [b"data: a", b"data", b"event: text", b"id: 1", b"id: \0", b": c", b"retry: 5", b"", b"x: y"]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r", b"\r\n"])), max_size=20)


@given(STREAMS, st.lists(st.integers(min_value=0, max_value=200), max_size=6))
def test_any_stream_cut_anyhow_is_the_same(
    lines: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    """Lines of any kind and ending, cut at any places, give the frames of the whole."""
    stream = b"".join(line + end for line, end in lines)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(places)]
    assert decode(*chunks) == decode(stream)


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    """No bytes make the reader fail, whole or one by one."""
    assert decode(*(data[n : n + 1] for n in range(len(data)))) == decode(data)


NAMES = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), min_size=1)
IDS = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"))
DATA = st.text(st.characters(exclude_characters="\r", codec="utf-8"))


@given(st.builds(Frame, NAMES, DATA, IDS))
def test_what_is_written_is_read_back(frame: Frame) -> None:
    """Encoding and decoding gives the same frame."""
    assert decode(encode_frame(frame)) == [frame]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        pytest.param(Frame("text", "a"), b"event: text\ndata: a\n\n", id="named"),
        pytest.param(Frame(data=""), b"data: \n\n", id="unnamed-and-empty"),
        pytest.param(Frame("t", "a", "7"), b"id: 7\nevent: t\ndata: a\n\n", id="with-id"),
        pytest.param(Frame("t", "a\r\nb\rc\n"), b"event: t\ndata: a\ndata: b\ndata: c\ndata: \n\n"),
        pytest.param(Frame("t", "\ud800"), b"event: t\ndata: ?\n\n", id="lone-surrogate"),
    ],
)
def test_a_frame_is_written_as_bytes(frame: Frame, expected: bytes) -> None:
    """Each line of the data gets its own field; a CR becomes a line end."""
    assert encode_frame(frame) == expected


@pytest.mark.parametrize("frame", [Frame("a\nb"), Frame("a\0"), Frame(id="1\r"), Frame("")])
def test_what_could_not_be_read_back_is_not_written(frame: Frame) -> None:
    """Line ends and NUL in a name or id are refused, and so is no name."""
    with pytest.raises(ValueError, match="name"):
        encode_frame(frame)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"1500", 1500, id="digits"),
        pytest.param(b"0", 0, id="zero"),
        pytest.param(b"007", 7, id="leading-zeros"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"+7", None, id="sign"),
        pytest.param(b"7 ", None, id="space"),
        pytest.param(b"1_000", None, id="underscore"),
        pytest.param("\uff15".encode(), None, id="digits-of-another-script"),
        pytest.param(b"9" * 19, None, id="longer-than-time"),
    ],
)
def test_retry_takes_ascii_digits_only(value: bytes, expected: int | None) -> None:
    """A reconnection time is made of ASCII digits, else it is ignored."""
    decoder = SseDecoder()
    decoder.feed(b"retry: " + value + b"\n")
    assert decoder.retry_ms == expected


@pytest.mark.parametrize(
    ("stream", "pending"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(b"data: a\n\n", False, id="whole"),
        pytest.param(b": c\n", False, id="comment"),
        pytest.param(b"data: a\n", True, id="data"),
        pytest.param(b"event: a\n", True, id="name"),
        pytest.param(b"da", True, id="line"),
    ],
)
def test_pending_tells_of_an_unfinished_event(stream: bytes, pending: bool) -> None:
    """After the last byte, pending says whether an event was cut off."""
    decoder = SseDecoder()
    decoder.feed(stream)
    assert decoder.pending is pending


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"data: " + b"x" * 2000, id="endless-line"),
        pytest.param(b"data: " + b"x" * 2000 + b"\n\n", id="long-line"),
        pytest.param(b": " + b"x" * 2000 + b"\n", id="long-comment"),
        pytest.param(b"data: 0123456789\n" * 200, id="endless-event"),
        pytest.param(b"data\n" * 2000, id="endless-empty-data"),
    ],
)
def test_an_endless_event_meets_the_bound(stream: bytes, size: int) -> None:
    """However it is cut, an event past the bound is an error that says so."""
    decoder = SseDecoder(max_event_bytes=1000)
    chunks = [stream[n : n + size] for n in range(0, len(stream), size)]
    with pytest.raises(EventTooLarge, match="larger than 1,000 bytes"):
        list(map(decoder.feed, chunks))


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_an_event_within_the_bound_passes(size: int) -> None:
    """An event that fills the bound is read, and so are many after it."""
    stream = (b"data: " + b"x" * 994 + b"\n\n") * 5
    decoder = SseDecoder(max_event_bytes=1000)
    chunks = [stream[n : n + size] for n in range(0, len(stream), size)]
    assert [frame.data for chunk in chunks for frame in decoder.feed(chunk)] == ["x" * 994] * 5


def test_the_bound_holds_the_memory_of_many_short_lines() -> None:
    """What is kept of an unfinished event is no larger than the bound."""
    decoder = SseDecoder(max_event_bytes=10_000)
    with pytest.raises(EventTooLarge):
        list(map(decoder.feed, [b"data: ab\n"] * 10_000))
    assert len(decoder._data) + len(decoder._line) <= 10_000
