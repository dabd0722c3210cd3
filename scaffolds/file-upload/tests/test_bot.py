from __future__ import annotations

from collections.abc import AsyncIterator

import fastapi_poe as fp
import pytest

from conftest import Ask


def test_the_text_of_a_file_reaches_the_model_in_one_message(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[fp.ProtocolMessage] = []

    async def model(
        request: fp.QueryRequest, bot_name: str, api_key: str
    ) -> AsyncIterator[fp.PartialResponse]:
        sent.extend(request.query)
        yield fp.PartialResponse(text="It is about ducks.")

    monkeypatch.setattr(fp, "stream_request", model)
    notes = fp.Attachment(
        url="https://example.com/notes.txt",
        content_type="text/plain",
        name="notes.txt",
        parsed_content="Ducks swim.",
    )
    assert ask("What is it about?", attachments=[notes]).text == "It is about ducks."
    assert [message.role for message in sent] == ["user"]
    assert "Ducks swim." in sent[0].content
    assert sent[0].content.endswith("What is it about?")
