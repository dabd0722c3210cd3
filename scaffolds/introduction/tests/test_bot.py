from __future__ import annotations

import asyncio

import fastapi_poe as fp
import pytest
from poecli.testing import PoeBot

from main import TOPICS, bot


def test_the_introduction_names_every_topic() -> None:
    request = fp.SettingsRequest(version="1.2", type="settings")
    settings = asyncio.run(bot.get_settings(request))
    introduction = settings.introduction_message or ""
    assert all(topic in introduction for topic in TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_game_without_a_mistake(poe_bot: PoeBot, topic: str) -> None:
    poe_bot.ask(topic)
    texts = [poe_bot.ask(question.answer).text for question in TOPICS[topic]]
    assert texts[-1].startswith("Right! You had 3 of 3 right. Another topic:")
