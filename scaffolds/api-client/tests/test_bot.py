from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import fastapi_poe as fp
import pytest

import client
from conftest import Ask

PARTS = [
    fp.MetaResponse(text=""),
    fp.PartialResponse(text="Thinking"),
    fp.PartialResponse(text="", is_replace_response=True),
    fp.PartialResponse(text="It is "),
    fp.PartialResponse(text="blue."),
]


def test_the_bot_says_what_it_heard(ask: Ask) -> None:
    assert ask("Hello!").text == "You said: Hello!"


def test_without_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(*_: object, **__: object) -> Iterator[fp.PartialResponse]:
        yield from PARTS

    monkeypatch.setattr(fp, "get_bot_response_sync", respond)
    assert client.ask("What colour is the sky?") == "It is blue."


def test_within_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def respond(*_: object, **__: object) -> AsyncIterator[fp.PartialResponse]:
        for part in PARTS[3:]:
            yield part

    async def collect() -> str:
        return "".join([text async for text in client.stream("What colour?")])

    monkeypatch.setattr(fp, "get_bot_response", respond)
    assert asyncio.run(collect()) == "It is blue."


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("", "https://api.poe.com/bot/"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/bot/"),
    ],
)
def test_the_address_is_poe_or_the_one_that_was_set(
    monkeypatch: pytest.MonkeyPatch, base_url: str, address: str
) -> None:
    monkeypatch.setenv("POE_BASE_URL", base_url)
    assert client.address() == address
