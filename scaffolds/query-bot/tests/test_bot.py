from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import fastapi_poe as fp
import pytest

from conftest import Ask
from main import MODEL, bot


def test_the_answer_of_the_other_bot_is_passed_on(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def model(
        request: fp.QueryRequest, bot_name: str, api_key: str
    ) -> AsyncIterator[fp.PartialResponse]:
        yield fp.PartialResponse(text=f"{bot_name} heard: ")
        yield fp.PartialResponse(text=request.query[-1].content)

    monkeypatch.setattr(fp, "stream_request", model)
    assert ask("Hello!").text == f"{MODEL} heard: Hello!"


def test_the_call_is_declared() -> None:
    request = fp.SettingsRequest(version="1.2", type="settings")
    settings = asyncio.run(bot.get_settings(request))
    assert settings.server_bot_dependencies == {MODEL: 1}
