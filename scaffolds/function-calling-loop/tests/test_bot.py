from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import fastapi_poe as fp
import pytest

from conftest import Ask
from main import MAX_ROUNDS

Piece = dict[str, Any]


class Model:
    """Plays the model: one list of tool call pieces for each round, then words."""

    def __init__(self, *rounds: list[Piece]) -> None:
        self.rounds = list(rounds)
        self.heard: list[fp.ProtocolMessage] = []

    async def stream(
        self, request: fp.QueryRequest, *_: object, **__: object
    ) -> AsyncIterator[fp.PartialResponse]:
        self.heard = request.query
        yield fp.MetaResponse(text="")
        if self.rounds:
            for piece in self.rounds.pop(0):
                yield fp.PartialResponse.model_validate(
                    {"text": "", "tool_calls": [piece]}
                )
        else:
            yield fp.PartialResponse(text="Here you are.")


def call(arguments: str, index: int = 0) -> list[Piece]:
    half = len(arguments) // 2
    name = {"name": "count_stock", "arguments": arguments[:half]}
    first = {"index": index, "id": f"c{index}", "type": "function", "function": name}
    return [first, {"index": index, "function": {"arguments": arguments[half:]}}]


@pytest.mark.parametrize(
    ("arguments", "result"),
    [('{"fruit": "plums"}', "40"), ('{"fruit": ', "error"), ('{"x": 1}', "error")],
    ids=["right", "cut JSON", "wrong argument"],
)
def test_a_call_is_run_and_its_result_goes_back(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, arguments: str, result: str
) -> None:
    model = Model(call(arguments))
    monkeypatch.setattr(fp, "stream_request", model.stream)
    assert ask("How many plums?").text == "Here you are."
    assert [m.role for m in model.heard] == ["user", "bot", "tool"]
    assert result in json.loads(model.heard[-1].content)[0]["content"]


def test_two_calls_of_one_round_are_kept_apart(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(call('{"fruit": "apples"}') + call('{"fruit": "pears"}', index=1))
    monkeypatch.setattr(fp, "stream_request", model.stream)
    ask("Apples and pears?")
    results = json.loads(model.heard[-1].content)
    assert [(r["tool_call_id"], r["content"]) for r in results] == [
        ("c0", "12"),
        ("c1", "0"),
    ]


def test_earlier_calls_are_remembered(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(call('{"fruit": "plums"}'))
    monkeypatch.setattr(fp, "stream_request", model.stream)
    saved = ask("Plums?").of("data")[0]["metadata"]
    earlier = fp.ProtocolMessage(role="bot", content="Here you are.", metadata=saved)
    ask("Thanks", before=[earlier])
    assert [m.role for m in model.heard] == ["bot", "tool", "bot", "user"]


def test_a_model_that_never_stops_is_stopped(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = [call('{"fruit": "plums"}') for _ in range(MAX_ROUNDS)]
    monkeypatch.setattr(fp, "stream_request", Model(*rounds).stream)
    assert "too many steps" in ask("Plums?").text
