import pytest
from poecli.testing import StartPoeDev

from main import FUNCTIONS, MODEL, TOOLS, get_current_weather


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


def test_each_message_gets_a_call_and_an_answer(start_poe_dev: StartPoeDev) -> None:
    bot = start_poe_dev("--bot", f"{MODEL}=script:tests/model.toml").bot()
    assert "temperature 22" in bot.ask("What is the weather in Paris?").text
    assert "temperature 11" in bot.ask("And the weather in Tokyo?").text
    assert bot.ask("Thank you!").text == "You are welcome."
