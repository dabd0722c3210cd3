"""``parsed_content``: what Poe reads out of a file for a bot whose settings ask for it."""

from __future__ import annotations

from poecli.emulator.state.files import FileStore, StoredFile
from poecli.pdf_text import pdf_text
from poecli.protocol.attachments import parsed_content, settings_ask_for
from poecli.protocol.messages import Attachment, ProtocolMessage
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings


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
    if not settings_ask_for(file.content_type, settings):
        return None
    try:
        data = file.path.read_bytes()
    except OSError:
        return None
    return parsed_content(data, file.content_type, file.name, settings, pdf_text=pdf_text)
