"""What Poe makes of a file that a user sends: its content type, and its text for the bot.

https://creator.poe.com/docs/server-bots/enabling-file-upload-for-your-bot
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

# The table of Python's mimetypes module depends on the machine; this one does not.
_BY_ENDING = {
    **dict.fromkeys(("txt", "log", "text", "ini", "cfg", "conf", "env"), "text/plain"),
    **dict.fromkeys(("md", "markdown"), "text/markdown"),
    **dict.fromkeys(("html", "htm"), "text/html"),
    **dict.fromkeys(("yaml", "yml"), "text/yaml"),
    **dict.fromkeys(("js", "mjs", "cjs", "jsx"), "text/javascript"),
    **dict.fromkeys(("ts", "tsx"), "text/typescript"),
    **dict.fromkeys(("jpg", "jpeg"), "image/jpeg"),
    **dict.fromkeys(("c", "h"), "text/x-c"),
    **dict.fromkeys(("cc", "cpp", "hpp"), "text/x-c++"),
    **{kind: f"image/{kind}" for kind in ("png", "gif", "webp", "bmp", "avif", "heic")},
    **{kind: f"audio/{kind}" for kind in ("aac", "flac", "ogg", "wav")},
    **{kind: f"video/{kind}" for kind in ("mp4", "webm", "mpeg")},
    "css": "text/css",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "go": "text/x-go",
    "gz": "application/gzip",
    "ipynb": "application/x-ipynb+json",
    "java": "text/x-java",
    "json": "application/json",
    "m4a": "audio/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "py": "text/x-python",
    "rb": "text/x-ruby",
    "rs": "text/x-rust",
    "sh": "application/x-sh",
    "sql": "application/sql",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "toml": "text/x-toml",
    "tsv": "text/tab-separated-values",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "text/xml",
    "zip": "application/zip",
}
_BY_START = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
)
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WEBP = (b"RIFF", b"WEBP")
_TEXT_APPLICATIONS = frozenset(
    {"application/json", "application/xml", "application/x-sh", "application/sql"}
)
_LOOKED_AT = 4096
# ITU T.81, table B.1: C0 to CF start a frame, but for C4, C8 and CC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def content_type_of(name: str, data: bytes) -> str:
    """The content type by the file's name, else by its first bytes."""
    found = _BY_ENDING.get(name.rsplit(".", 1)[-1].lower()) if "." in name else None
    if found:
        return found
    for start, content_type in _BY_START:
        if data.startswith(start):
            return content_type
    if data[:4] == _WEBP[0] and data[8:12] == _WEBP[1]:
        return "image/webp"
    return "application/octet-stream" if b"\0" in data[:_LOOKED_AT] else "text/plain"


def is_text(content_type: str) -> bool:
    """True for files that Poe reads as text."""
    return content_type.startswith("text/") or content_type in _TEXT_APPLICATIONS


def text_of(data: bytes) -> str:
    """The text of a file; bytes that are no text become replacement characters."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def parsed_content(data: bytes, content_type: str, name: str) -> str | None:
    """What Poe would put into ``parsed_content``; None for files it can't read here.

    An image gives ``name***description`` (fastapi_poe 0.0.83, insert_attachment_messages). Poe
    describes what is seen; here only what the file's header says.
    """
    if is_text(content_type):
        return text_of(data)
    if content_type.startswith("image/"):
        return f"{name}***{image_description(data, content_type, name)}"
    return None


def image_description(data: bytes, content_type: str, name: str) -> str:
    """A plain sentence about an image: its format, its size, its name."""
    kind = content_type.removeprefix("image/").upper()
    size = image_size(data)
    pixels = f" of {size.width} x {size.height} pixels" if size else ""
    article = "An" if kind[:1] in "AEIOU" else "A"
    return f"{article} {kind} image{pixels}, named {name}."


@dataclass(frozen=True)
class Size:
    """Pixels."""

    width: int
    height: int


def image_size(data: bytes) -> Size | None:
    """The size in the header of a PNG, GIF, JPEG or WebP file; None when it can't be read."""
    try:
        if data.startswith(b"\x89PNG"):
            return Size(*struct.unpack(">II", data[16:24]))
        if data.startswith(b"GIF8"):
            return Size(*struct.unpack("<HH", data[6:10]))
        if data.startswith(b"\xff\xd8"):
            return _jpeg_size(data)
        if data[:4] == _WEBP[0] and data[8:12] == _WEBP[1]:
            return _webp_size(data)
    except struct.error:
        pass
    return None


def _jpeg_size(data: bytes) -> Size | None:
    """Walk the segments to the frame header (ITU T.81, annex B)."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:  # noqa: PLR2004 - marks a segment
        marker, length = struct.unpack(">BH", data[place + 1 : place + 4])
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return Size(width, height)
        place += 2 + length
    return None


def _webp_size(data: bytes) -> Size | None:
    """https://developers.google.com/speed/webp/docs/riff_container."""
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return Size(width, int.from_bytes(data[27:30], "little") + 1)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return Size(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return Size((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    return None
