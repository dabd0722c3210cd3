import json

import fastapi_poe as fp
import pytest
from poecli.testing import StartPoeDev

from main import MAX_ROUNDS, MODEL, result_of


@pytest.mark.parametrize(
    ("arguments", "result"),
    [('{"fruit": "plums"}', "40"), ('{"fruit": ', "error"), ('{"x": 1}', "error")],
    ids=["right", "cut JSON", "wrong argument"],
)
def test_a_mistake_of_the_model_is_a_result_too(arguments: str, result: str) -> None:
    function = {"name": "count_stock", "arguments": arguments}
    call = fp.ToolCallDefinition.model_validate(
        {"id": "c0", "type": "function", "function": function}
    )
    assert result in json.dumps(json.loads(result_of(call).content))


def test_two_calls_of_one_round_are_kept_apart(start_poe_dev: StartPoeDev) -> None:
    bot = start_poe_dev("--bot", f"{MODEL}=script:tests/two_calls.toml").bot()
    assert bot.ask("Apples and pears?").text == "Twelve apples and no pears."


def test_a_model_that_never_stops_is_stopped(start_poe_dev: StartPoeDev) -> None:
    bot = start_poe_dev("--bot", f"{MODEL}=script:tests/never_stops.toml").bot()
    answer = bot.ask("Plums?")
    assert "too many steps" in answer.text
    assert len(answer.calls or ()) == MAX_ROUNDS
