from __future__ import annotations

import asyncio

import fastapi_poe as fp
import httpx
import pytest

from conftest import Ask
from main import app, bots


@pytest.mark.parametrize(
    ("bot", "text"),
    [(bots[0], "HELLO!"), (bots[1], "hello!")],
    ids=["shout", "whisper"],
)
def test_each_bot_answers_in_its_own_way(ask: Ask, bot: fp.PoeBot, text: str) -> None:
    assert ask("Hello!", bot=bot).text == text


def test_the_bots_and_the_other_routes_live_on_one_app() -> None:
    served = fp.make_app(bots, app=app, allow_without_key=True)

    async def statuses() -> list[int]:
        transport = httpx.ASGITransport(app=served)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://bots"
        ) as client:
            paths = ("/health", "/shout", "/whisper", "/other")
            return [(await client.get(path)).status_code for path in paths]

    assert asyncio.run(statuses()) == [200, 200, 200, 404]
