from __future__ import annotations

import asyncio

import fastapi_poe as fp
import pytest

from main import FUNCTIONS, TOOLS, bot, get_current_weather


@pytest.mark.parametrize(
    ("location", "unit", "temperature"),
    [
        ("Paris", "celsius", 22),
        ("Tokyo, Japan", "celsius", 11),
        ("San Francisco, CA", "fahrenheit", 64),
    ],
)
def test_the_weather_is_known(location: str, unit: str, temperature: int) -> None:
    assert get_current_weather(location, unit) == {
        "location": location,
        "temperature": temperature,
        "unit": unit,
    }


def test_the_model_is_told_when_there_is_no_weather() -> None:
    assert "error" in get_current_weather("Atlantis")


def test_every_function_is_described_to_the_model() -> None:
    described = {tool.function.name for tool in TOOLS}
    assert described == {function.__name__ for function in FUNCTIONS}


def test_two_calls_are_declared() -> None:
    request = fp.SettingsRequest(version="1.2", type="settings")
    settings = asyncio.run(bot.get_settings(request))
    assert list(settings.server_bot_dependencies.values()) == [2]
