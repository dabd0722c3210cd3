"""What Poe tells a bot about an attached file: its content type, and its content as a text.

https://creator.poe.com/docs/server-bots/enabling-file-upload-for-your-bot. The words of an image's
description are Poe's own model's; here they are plain facts read from the file's header.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from poecli.protocol.settings import EffectiveSettings

PDF = "application/pdf"
HTML = "text/html"
UNKNOWN_TYPE = "application/octet-stream"
DESCRIPTION_MARK = "***"  # fastapi_poe splits an image's parsed_content here: name***description

# The standard library's table would be read from the machine's own files, so that one name had
# another type on each machine.
_TYPES_BY_SUFFIX = {
    "txt": "text/plain", "log": "text/plain", "text": "text/plain", "ini": "text/plain",
    "cfg": "text/plain", "conf": "text/plain", "env": "text/plain", "rst": "text/plain",
    "md": "text/markdown", "markdown": "text/markdown", "htm": HTML, "html": HTML,
    "css": "text/css", "csv": "text/csv", "tsv": "text/tab-separated-values",
    "py": "text/x-python", "c": "text/x-c", "h": "text/x-c", "cpp": "text/x-c++",
    "java": "text/x-java", "go": "text/x-go", "rs": "text/x-rust", "rb": "text/x-ruby",
    "sh": "text/x-shellscript", "sql": "text/x-sql", "tex": "text/x-tex", "diff": "text/x-diff",
    "patch": "text/x-diff", "ics": "text/calendar", "vcf": "text/vcard", "toml": "text/x-toml",
    "yaml": "text/yaml", "yml": "text/yaml", "xml": "text/xml", "js": "text/javascript",
    "mjs": "text/javascript", "ts": "text/x-typescript", "tsx": "text/x-typescript",
    "jsx": "text/javascript", "json": "application/json", "jsonl": "application/jsonl",
    "ipynb": "application/x-ipynb+json", "svg": "image/svg+xml",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff",
    "heic": "image/heic", "avif": "image/avif", "ico": "image/vnd.microsoft.icon",
    "mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg", "m4a": "audio/mp4",
    "flac": "audio/flac", "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
    "avi": "video/x-msvideo", "mkv": "video/x-matroska",
    "pdf": PDF, "zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar",
    "7z": "application/x-7z-compressed", "epub": "application/epub+zip", "rtf": "application/rtf",
    "doc": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip

# ISO 23008-12, annex B.4: what a phone calls .jpg after it was sent round.
_HEIF_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic-sequence",
    b"mif1": "image/heif",
    b"msf1": "image/heif-sequence",
    b"avif": "image/avif",
}

_TEXT_APPLICATIONS = frozenset(
    {"application/json", "application/jsonl", "application/x-ipynb+json", "application/xml"}
)


@dataclass(frozen=True)
class ImageFacts:
    """What an image's header says. Width and height are in pixels."""

    format: str
    width: int
    height: int


# --- the content type ---------------------------------------------------------------------------


def guess_content_type(name: str, data: bytes = b"") -> str:
    """The MIME type of a file: what its first bytes prove, else what its name says."""
    proven = _type_by_signature(data)
    if proven is not None:
        return proven
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    by_name = _TYPES_BY_SUFFIX.get(suffix)
    if by_name is not None:
        return by_name
    return "text/plain" if data and _is_utf8_text(data) else UNKNOWN_TYPE


def _type_by_signature(data: bytes) -> str | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return _HEIF_BRANDS[data[8:12]]
    for signature, content_type in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", PDF),
    ):
        if data.startswith(signature):
            return content_type
    return None


def _is_utf8_text(data: bytes) -> bool:
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_text(content_type: str) -> bool:
    """True for the types whose bytes are a text."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in _TEXT_APPLICATIONS


def is_image(content_type: str) -> bool:
    """True for pictures."""
    return content_type.lower().startswith("image/")


# --- the content as a text ----------------------------------------------------------------------


def settings_ask_for(content_type: str, settings: EffectiveSettings) -> bool:
    """True when the bot's settings want the parsed content of such a file."""
    if is_image(content_type):
        return settings.enable_image_comprehension
    return settings.expand_text_attachments and (is_text(content_type) or content_type == PDF)


def parsed_content(
    data: bytes,
    content_type: str,
    name: str,
    settings: EffectiveSettings,
    *,
    pdf_text: Callable[[bytes], str | None] | None = None,
) -> str | None:
    """An attachment's ``parsed_content``: None where Poe would send none.

    ``pdf_text`` reads a PDF's text; without it a PDF has none.
    """
    if not settings_ask_for(content_type, settings):
        return None
    if is_image(content_type):
        return image_description(data, content_type, name)
    if content_type == PDF:
        return pdf_text(data) if pdf_text is not None else None
    return decode_text(data)


def decode_text(data: bytes) -> str:
    """The text in the bytes, whatever they are: a byte order mark, UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What else a text file can be is mostly this; a byte it has no sign for becomes U+FFFD.
        return data.decode("cp1252", "replace")


def image_description(data: bytes, content_type: str, name: str) -> str:
    """``name***description`` in the form of Poe, with the facts of the image's header."""
    facts = image_facts(data)
    if facts is None:
        words = f"An image of type {content_type}; its size can't be read."
    else:
        words = f"A {facts.format} image of {facts.width} x {facts.height} pixels."
    # A name that holds the mark would move the split.
    return f"{name.replace(DESCRIPTION_MARK, '*')}{DESCRIPTION_MARK}{words} The file is {name}."


# --- image headers ------------------------------------------------------------------------------


def image_facts(data: bytes) -> ImageFacts | None:
    """Format and pixel size of a PNG, JPEG, GIF or WebP; None for all else and for cut headers."""
    readers = {
        "image/png": _png,
        "image/jpeg": _jpeg,
        "image/gif": _gif,
        "image/webp": _webp,
    }
    reader = readers.get(_type_by_signature(data) or "")
    if reader is None:
        return None
    try:
        return reader(data)
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> ImageFacts:
    # https://www.w3.org/TR/png/#11IHDR: the first chunk, after 8 bytes of signature and 8 of head.
    width, height = struct.unpack_from(">II", data, 16)
    return ImageFacts("PNG", width, height)


def _gif(data: bytes) -> ImageFacts:
    # https://www.w3.org/Graphics/GIF/spec-gif89a.txt, section 18.
    width, height = struct.unpack_from("<HH", data, 6)
    return ImageFacts("GIF", width, height)


# Start-of-frame markers; C4, C8 and CC in the same range are tables and extensions (ITU T.81, B.1).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def _jpeg(data: bytes) -> ImageFacts | None:
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004 - the byte every marker begins with
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return ImageFacts("JPEG", width, height)
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        else:
            at += 2 + max(2, int(struct.unpack_from(">H", data, at + 2)[0]))
    return None


def _webp(data: bytes) -> ImageFacts | None:
    # https://developers.google.com/speed/webp/docs/riff_container
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageFacts("WebP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return ImageFacts("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        # Three bytes each; a cut header must not read as a small image.
        height = int.from_bytes(struct.unpack_from("3s", data, 27)[0], "little") + 1
        return ImageFacts("WebP", width, height)
    return None
