from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import fastapi_poe as fp
import pytest

from conftest import Ask
from main import MODELS


def test_both_answers_grow_at_the_same_time(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_asked = asyncio.Event()
    asked: list[str] = []

    async def model(
        request: fp.QueryRequest, bot_name: str, api_key: str
    ) -> AsyncIterator[fp.PartialResponse]:
        asked.append(bot_name)
        if len(asked) == len(MODELS):
            all_asked.set()
        # Each answers only when both were asked: one after the other would hang.
        await asyncio.wait_for(all_asked.wait(), timeout=30)
        yield fp.PartialResponse(text=f"{bot_name} ")
        yield fp.PartialResponse(text="here.")

    monkeypatch.setattr(fp, "stream_request", model)
    answer = ask("Who are you?")
    assert answer.text == "\n\n".join(f"**{m}**\n\n{m} here." for m in MODELS)
    assert not answer.of("error")


def test_one_bot_that_fails_leaves_the_other(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def model(
        request: fp.QueryRequest, bot_name: str, api_key: str
    ) -> AsyncIterator[fp.PartialResponse]:
        yield fp.PartialResponse(text="Hello.")
        if bot_name == MODELS[0]:
            raise fp.BotError("broken")

    monkeypatch.setattr(fp, "stream_request", model)
    text = ask("Who are you?").text
    assert text.count("Hello.") == 2
    assert "No more came" in text
