from __future__ import annotations

from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from poecli.testing import PoeBot, PoeDev


def test_the_first_bot_shouts(poe_bot: PoeBot) -> None:
    assert poe_bot.ask("Hello!").text == "HELLO!"


def test_the_other_one_whispers(poe_dev: PoeDev) -> None:
    assert poe_dev.bot("whisper").ask("Hello!").text == "hello!"


def test_the_other_routes_live_on_the_same_app(poe_dev: PoeDev) -> None:
    with urlopen(urljoin(poe_dev.url, "/bots")) as answer:
        assert b"/whisper" in answer.read()
    with pytest.raises(HTTPError, match="404"):
        urlopen(urljoin(poe_dev.url, "/other"))
