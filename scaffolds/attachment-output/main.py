"""Answers with files: a text file to download, and a picture within the answer."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import AsyncIterable

import fastapi_poe as fp


class AttachmentOutputBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        text = request.query[-1].content
        await self.post_message_attachment(
            message_id=request.message_id,
            file_data=text.encode(),  # bytes or an open file, never a str
            filename="message.txt",
        )
        swatch = await self.post_message_attachment(
            message_id=request.message_id,
            file_data=png(*hashlib.sha256(text.encode()).digest()[:3]),
            filename="swatch.png",
            is_inline=True,
        )
        yield fp.PartialResponse(
            text="Your message is attached as a text file. In colour it looks like "
            f"this:\n\n![the colour of your message][{swatch.inline_ref}]"
        )


def png(red: int, green: int, blue: int, side: int = 96) -> bytes:
    """A square of one colour. Real bots use a library for this, such as Pillow."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    rows = (b"\0" + bytes((red, green, blue)) * side) * side
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


# Poe only accepts files from a bot with an access key, from POE_ACCESS_KEY.
bot = AttachmentOutputBot()

if __name__ == "__main__":
    fp.run(bot)
