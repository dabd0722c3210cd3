"""What a bot is told about an attached file."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.pdf_text import pdf_text
from poecli.protocol.attachments import (
    ImageFacts,
    decode_text,
    guess_content_type,
    image_facts,
    parsed_content,
)
from poecli.protocol.settings import EffectiveSettings, SettingsResponse, effective

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x02"
GIF = b"GIF89a" + struct.pack("<HH", 20, 10) + b"\xf7"
JPEG_START = b"\xff\xd8\xff\xe0\x00\x04JF"
JPEG_FRAME = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 30, 40) + b"\x03"
JPEG = JPEG_START + JPEG_FRAME
VP8 = b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 4 + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 320, 200)
VP8L = b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 4 + b"\x2f" + struct.pack("<I", 99 | (49 << 14))
VP8X = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x0f\0\0" + b"\x07\0\0"
PLAIN = effective(SettingsResponse(response_version=2))
SEEING = effective(SettingsResponse(response_version=2, enable_image_comprehension=True))
BLIND = effective(SettingsResponse(response_version=2, expand_text_attachments=False))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("a.txt", b"hi", "text/plain", id="by-name"),
        pytest.param("A.PNG", b"", "image/png", id="capital-letters"),
        pytest.param("a.b.pdf", b"", "application/pdf", id="last-suffix"),
        pytest.param("photo.png", JPEG, "image/jpeg", id="bytes-over-name"),
        pytest.param("x", PNG, "image/png", id="png"),
        pytest.param("x", GIF, "image/gif", id="gif"),
        pytest.param("x", b"GIF87a", "image/gif", id="old-gif"),
        pytest.param("x", VP8, "image/webp", id="webp"),
        pytest.param("sound.wav", b"RIFF\0\0\0\0WAVE", "audio/wav", id="other-riff"),
        pytest.param("a.jpg", b"\0\0\0\x18ftypheic\0\0", "image/heic", id="a phone's jpg"),
        pytest.param("a.jpg", b"\0\0\0\x18ftypavif\0\0", "image/avif", id="avif"),
        pytest.param("a.mp4", b"\0\0\0\x18ftypmp42\0\0", "video/mp4", id="another ftyp"),
        pytest.param("x", b"%PDF-1.7", "application/pdf", id="pdf"),
        pytest.param("Makefile", b"all:\n", "text/plain", id="text-without-suffix"),
        pytest.param("x.weird", "grüß".encode(), "text/plain", id="utf-8"),
        pytest.param("x.weird", b"\xff\xfe\xfd", "application/octet-stream", id="not-utf-8"),
        pytest.param("x.weird", b"a\0b", "application/octet-stream", id="nul"),
        pytest.param("x", b"", "application/octet-stream", id="nothing-known"),
    ],
)
def test_content_type_is_what_bytes_prove_or_name_says(
    name: str, data: bytes, expected: str
) -> None:
    """Known first bytes win over the name; text is recognised without a name."""
    assert guess_content_type(name, data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(PNG, ImageFacts("PNG", 640, 480), id="png"),
        pytest.param(GIF, ImageFacts("GIF", 20, 10), id="gif"),
        pytest.param(JPEG, ImageFacts("JPEG", 40, 30), id="jpeg"),
        pytest.param(
            JPEG_START + b"\xff" + JPEG_FRAME, ImageFacts("JPEG", 40, 30), id="jpeg-fill-byte"
        ),
        pytest.param(
            b"\xff\xd8\xff\xd0" + JPEG_FRAME, ImageFacts("JPEG", 40, 30), id="jpeg-restart"
        ),
        pytest.param(
            JPEG_START + b"\xff\xc4\x00\x03\x00" + JPEG_FRAME,
            ImageFacts("JPEG", 40, 30),
            id="jpeg-table-is-no-frame",
        ),
        pytest.param(JPEG_START + b"\x00\x00", None, id="jpeg-without-frame"),
        pytest.param(VP8, ImageFacts("WebP", 320, 200), id="webp-lossy"),
        pytest.param(VP8L, ImageFacts("WebP", 100, 50), id="webp-lossless"),
        pytest.param(VP8X, ImageFacts("WebP", 16, 8), id="webp-extended"),
        pytest.param(VP8[:12] + b"ANIM" + VP8[16:], None, id="webp-unknown-chunk"),
        pytest.param(b"BM", None, id="bmp-is-not-read"),
    ],
)
def test_image_size_is_read_from_the_header(data: bytes, expected: ImageFacts | None) -> None:
    """Width and height come from the header's fixed places."""
    assert image_facts(data) == expected


@pytest.mark.parametrize("data", [PNG, GIF, JPEG, VP8, VP8L, VP8X])
def test_a_cut_header_has_no_size(data: bytes) -> None:
    """However short a header is cut, it is read as the whole image or as none."""
    whole = image_facts(data)
    assert {image_facts(data[:n]) for n in range(len(data))} <= {whole, None}
    assert image_facts(data[:8]) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_text(data: bytes) -> None:
    """Decoding a text never fails, and neither does reading an image."""
    assert isinstance(decode_text(data), str)
    image_facts(data)
    image_facts(JPEG_START + data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("grüß 日".encode(), "grüß 日", id="utf-8"),
        pytest.param(b"\xef\xbb\xbfhi", "hi", id="byte-order-mark"),
        pytest.param("grüß".encode("utf-16"), "grüß", id="utf-16"),
        pytest.param(b"\xfe\xff\x00h\x00i", "hi", id="utf-16-big-endian"),
        pytest.param(b"caf\xe9 \x80", "café €", id="windows-1252"),
        pytest.param(b"\x81\xff", "\ufffdÿ", id="no-sign-for-it"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_text_is_decoded_by_mark_utf8_or_windows(data: bytes, expected: str) -> None:
    """A byte order mark decides, then UTF-8, then Windows-1252."""
    assert decode_text(data) == expected


@pytest.mark.parametrize(
    ("content_type", "data", "settings", "expected"),
    [
        pytest.param("text/plain", b"hi", PLAIN, "hi", id="text"),
        pytest.param("text/plain; charset=utf-8", b"hi", PLAIN, "hi", id="with-charset"),
        pytest.param("application/json", b"{}", PLAIN, "{}", id="json"),
        pytest.param("text/plain", b"hi", BLIND, None, id="text-not-asked-for"),
        pytest.param("application/zip", b"hi", PLAIN, None, id="not-text"),
        pytest.param("application/pdf", b"%PDF-", PLAIN, "5 bytes of PDF", id="pdf"),
        pytest.param("application/pdf", b"%PDF-", BLIND, None, id="pdf-not-asked-for"),
        pytest.param("image/png", PNG, PLAIN, None, id="image-not-asked-for"),
        pytest.param(
            "image/png",
            PNG,
            SEEING,
            "a*b.png***A PNG image of 640 x 480 pixels. The file is a***b.png.",
            id="image",
        ),
        pytest.param(
            "image/bmp",
            b"BM",
            SEEING,
            "a*b.png***An image of type image/bmp; its size can't be read. The file is a***b.png.",
            id="image-of-unread-format",
        ),
    ],
)
def test_parsed_content_follows_the_settings(
    content_type: str, data: bytes, settings: EffectiveSettings, expected: str | None
) -> None:
    """Texts, PDFs and images are parsed when the bot's settings ask for it, else never."""
    parsed = parsed_content(
        data,
        content_type,
        "a***b.png",
        settings,
        pdf_text=lambda pdf: f"{len(pdf)} bytes of PDF",
    )
    assert parsed == expected


def test_a_broken_pdf_has_no_text(caplog: pytest.LogCaptureFixture) -> None:
    """And the library that reads it says nothing of it: no line would name the file."""
    assert (pdf_text(b"no PDF at all"), caplog.messages) == (None, [])


def test_a_pdf_needs_a_reader() -> None:
    """Without a reader of PDFs, a PDF has no parsed content."""
    assert parsed_content(b"%PDF-", "application/pdf", "a.pdf", PLAIN) is None
