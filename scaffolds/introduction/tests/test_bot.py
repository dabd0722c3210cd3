from __future__ import annotations

import asyncio

import fastapi_poe as fp
import pytest

from conftest import Ask
from main import TOPICS, bot


def user(*texts: str) -> list[fp.ProtocolMessage]:
    return [fp.ProtocolMessage(role="user", content=text) for text in texts]


def test_the_introduction_names_every_topic() -> None:
    request = fp.SettingsRequest(version="1.2", type="settings")
    settings = asyncio.run(bot.get_settings(request))
    introduction = settings.introduction_message or ""
    assert all(topic in introduction for topic in TOPICS)


def test_answers_are_suggested_after_the_question(ask: Ask) -> None:
    answer = ask("space, please")
    assert answer.events[0][0] == "meta"
    assert answer.of("meta")[0]["suggested_replies"] is True
    suggested = [event["text"] for event in answer.of("suggested_reply")]
    assert suggested == ["Earth", "Jupiter", "Saturn"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_game_without_a_mistake(ask: Ask, topic: str) -> None:
    right = [question.answer for question in TOPICS[topic]]
    text = ask(right[-1], before=user(topic, *right[:-1])).text
    assert text == "Right! You had 3 of 3 right. Another topic?"


def test_a_mistake_is_put_right(ask: Ask) -> None:
    text = ask("Saturn", before=user("Space!")).text
    assert text.startswith("No: Jupiter.\n\n**2 of 3.**")


def test_a_second_game_starts_at_zero(ask: Ask) -> None:
    before = user("space", "Jupiter", "the sun", "Mercury", "animals", "six", "gull")
    assert "You had 0 of 3 right." in ask("elk", before=before).text


def test_an_unknown_topic_is_asked_again(ask: Ask) -> None:
    assert ask("cooking").text == "Which topic do you choose?"
