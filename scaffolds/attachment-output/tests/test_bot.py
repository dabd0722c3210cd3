from __future__ import annotations

from typing import Any

import fastapi_poe as fp
import pytest

import main
from conftest import Ask


def test_a_text_and_a_picture_are_attached(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: dict[str, bytes] = {}

    async def post(**upload: Any) -> fp.AttachmentUploadResponse:
        posted[upload["filename"]] = upload["file_data"]
        return fp.AttachmentUploadResponse(
            attachment_url="https://example.com/file",
            mime_type=None,
            inline_ref="ref1" if upload.get("is_inline") else None,
        )

    monkeypatch.setattr(main.bot, "post_message_attachment", post)
    assert ask("Grüße!").text.endswith("![the colour of your message][ref1]")
    assert posted["message.txt"].decode() == "Grüße!"
    assert posted["swatch.png"].startswith(b"\x89PNG")
