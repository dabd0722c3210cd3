"""What the page shows while many users ask at once."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.emulator.asking import NO_TLS, query
from tests.needs import needs
from tests.playground.browser import opened_page

pytestmark = [pytest.mark.asyncio, needs("chromium")]
NUMBERS = count(1)
IDS = {"user_id": "u", "conversation_id": "c"}


def asking() -> httpx.AsyncClient:
    """For a bot that may be slow, while all cores are busy."""
    return httpx.AsyncClient(verify=NO_TLS, timeout=60)


async def ask(client: httpx.AsyncClient, url: str) -> None:
    """One of many questions, under an id of its own."""
    await client.post(url.removesuffix("_poe/"), json=query(message_id=f"m-{next(NUMBERS)}", **IDS))


async def ask_for_ever(client: httpx.AsyncClient, url: str) -> None:
    """As a user in a load test does."""
    while True:
        await ask(client, url)


async def test_the_wire_of_what_flies_by_is_read_once_it_is_chosen(tmp_path: Path) -> None:
    async with opened_page(tmp_path) as opened, asking() as client:
        users = [asyncio.create_task(ask_for_ever(client, opened.url)) for _ in range(8)]
        await opened.sees("Loading", "#wire")
        await opened.page.locator("#turns [aria-current]").click()
        await opened.sees("done", "#wire")
        for each in users:
            each.cancel()
        opened.nothing_went_wrong()


async def test_after_a_rush_the_newest_turn_is_shown_whole(tmp_path: Path) -> None:
    async with opened_page(tmp_path) as opened, asking() as client:
        await asyncio.gather(*(ask(client, opened.url) for _ in range(40)))
        await opened.page.locator("#turns li:nth-child(40)").wait_for()
        await opened.sees("done", "#wire")
        assert await opened.page.locator("#turns li:first-child [aria-current]").count() == 1
        opened.nothing_went_wrong()
