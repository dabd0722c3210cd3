from __future__ import annotations

import asyncio

import pytest
from poecli.testing import PoeBot, PoeDev

import client


@pytest.fixture
def local_poe(poe_dev: PoeDev, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bots on the local Poe answer with what they received."""
    monkeypatch.setenv("POE_BASE_URL", poe_dev.base_url)


def test_the_bot_says_what_it_heard(poe_bot: PoeBot) -> None:
    assert poe_bot.ask("Hello!").text == "You said: Hello!"


@pytest.mark.usefixtures("local_poe")
def test_without_a_loop() -> None:
    assert "> What colour is the sky?" in client.ask("What colour is the sky?")


@pytest.mark.usefixtures("local_poe")
def test_within_a_loop() -> None:
    async def collect() -> str:
        return "".join([text async for text in client.stream("What colour?")])

    assert "> What colour?" in asyncio.run(collect())


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
