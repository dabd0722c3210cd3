"""Counts the pages of the PDF that the user attached."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterable
from functools import cache

import fastapi_poe as fp
import httpx
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

MAX_BYTES = 50_000_000


class CantRead(Exception):
    """The text of this error is the answer to the user."""


class PdfCounterBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        pdf = newest_pdf(request.query)
        if pdf is None:
            yield fp.PartialResponse(text="Please attach a PDF to count its pages.")
            return
        try:
            content = await download(pdf.url)
            # In a thread: a large PDF must not block the bot's other answers.
            pages = await asyncio.to_thread(count_pages, content)
        except CantRead as error:
            yield fp.PartialResponse(text=f"{pdf.name}: {error}")
            return
        noun = "page" if pages == 1 else "pages"
        yield fp.PartialResponse(text=f"{pdf.name} has {pages} {noun}.")

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        # Poe's text of the PDF is not needed: the bot reads the file itself.
        return fp.SettingsResponse(
            allow_attachments=True, expand_text_attachments=False
        )


def newest_pdf(messages: list[fp.ProtocolMessage]) -> fp.Attachment | None:
    for message in reversed(messages):
        for attachment in reversed(message.attachments):
            if attachment.content_type == "application/pdf":
                return attachment
    return None


@cache
def certificates() -> ssl.SSLContext:
    """Loading them blocks the bot's other answers, so do it only once."""
    return httpx.create_ssl_context()


async def download(url: str) -> bytes:
    content = bytearray()
    try:
        async with (
            httpx.AsyncClient(
                follow_redirects=True, timeout=30, verify=certificates()
            ) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise CantRead("this file is too large for me.")
    except (httpx.HTTPError, OSError) as error:
        # OSError: the certificates that SSL_CERT_FILE names are missing.
        raise CantRead("I could not download this file.") from error
    return bytes(content)


def count_pages(content: bytes) -> int:
    """Works in memory: the disk of a deployed bot may be read-only."""
    try:
        reader = PdfReader(io.BytesIO(content))
        # Many PDFs are encrypted with an empty password, so anyone can read them.
        if reader.is_encrypted and not reader.decrypt(""):
            raise CantRead("this PDF is protected by a password, so I can't read it.")
        return len(reader.pages)
    except DependencyError as error:
        raise CantRead("this PDF is encrypted in a way I can't read.") from error
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CantRead("this PDF is broken, so I can't read it.") from error


bot = PdfCounterBot()

if __name__ == "__main__":
    fp.run(bot)
