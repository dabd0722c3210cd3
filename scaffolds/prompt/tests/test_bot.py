from __future__ import annotations

from collections.abc import AsyncIterator

import fastapi_poe as fp
import pytest

from conftest import Ask
from main import PROMPT


def test_the_prompt_comes_first_and_the_conversation_follows(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str]] = []

    async def model(
        request: fp.QueryRequest, bot_name: str, api_key: str
    ) -> AsyncIterator[fp.PartialResponse]:
        sent.extend((message.role, message.content) for message in request.query)
        yield fp.PartialResponse(text="Arr.")

    monkeypatch.setattr(fp, "stream_request", model)
    before = [fp.ProtocolMessage(role="bot", content="Ahoy!")]
    assert ask("Hello!", before=before).text == "Arr."
    assert sent == [("system", PROMPT), ("bot", "Ahoy!"), ("user", "Hello!")]
