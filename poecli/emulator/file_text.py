"""``parsed_content``: what Poe reads out of a file for a bot whose settings ask for it."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

from poecli.emulator.files import FileStore, StoredFile
from poecli.protocol.attachments import is_text, parsed_content
from poecli.protocol.messages import Attachment, ProtocolMessage
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings

PDF = "application/pdf"


def with_parsed_content(
    request: QueryRequest, settings: EffectiveSettings, files: FileStore
) -> QueryRequest:
    """The query as a bot of these settings gets it: files read or left alone, as it asks."""

    def read(attachment: Attachment) -> Attachment:
        stored = files.find_by_url(attachment.url)
        if stored is None:
            return attachment
        text = text_for(stored, settings)
        return attachment.model_copy(update={"parsed_content": text})

    def reread(message: ProtocolMessage) -> ProtocolMessage:
        if not message.attachments:
            return message
        return message.model_copy(update={"attachments": [read(a) for a in message.attachments]})

    return request.model_copy(update={"query": [reread(message) for message in request.query]})


def text_for(file: StoredFile, settings: EffectiveSettings) -> str | None:
    """The text of a file, or the description of an image, where the settings ask for it."""
    kind = file.content_type
    if kind.startswith("image/"):
        wanted = settings.enable_image_comprehension
    else:
        wanted = settings.expand_text_attachments and (is_text(kind) or kind == PDF)
    if not wanted:
        return None
    try:
        if kind == PDF:
            return pdf_text(file.path)
        return parsed_content(file.path.read_bytes(), kind, file.name)
    except OSError:
        return None


def pdf_text(path: Path) -> str | None:
    """The text of a PDF; None when pypdf is not installed or can't read it."""
    if importlib.util.find_spec("pypdf") is None:
        return None
    import pypdf  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - optional and heavy

    try:
        reader = pypdf.PdfReader(io.BytesIO(path.read_bytes()))
        return "\n\n".join(page.extract_text() for page in reader.pages)
    except Exception:  # noqa: BLE001 - pypdf raises errors of many kinds for a damaged file
        return None
