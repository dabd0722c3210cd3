from __future__ import annotations

import httpx
import pytest
from poecli.testing import PoeBot, PoeDev


def test_the_first_bot_shouts(poe_bot: PoeBot) -> None:
    assert poe_bot.ask("Hello!").text == "HELLO!"


def test_the_other_one_whispers(poe_dev: PoeDev) -> None:
    assert poe_dev.bot("whisper").ask("Hello!").text == "hello!"


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/other", 404)])
def test_the_other_routes_live_on_the_same_app(
    poe_dev: PoeDev, path: str, status: int
) -> None:
    assert httpx.get(httpx.URL(poe_dev.url).join(path)).status_code == status
