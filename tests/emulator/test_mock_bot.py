"""The default upstream bot: deterministic, and telling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from tests.emulator.asking import ask, text_of
from tests.emulator.serving import local_poe

SHOWN: list[tuple[str, dict[str, Any], str]] = [
    ("the text", {}, "> hello"),
    ("the number of messages", {}, "Messages: 1"),
    ("role and length", {}, "1. user, 5 characters"),
    (
        "attachments",
        {"message": {"attachments": [{"url": "u", "name": "a.png", "content_type": "image/png"}]}},
        "file a.png (image/png)",
    ),
    (
        "parsed content",
        {
            "message": {
                "attachments": [
                    {"url": "u", "name": "a", "content_type": "b", "parsed_content": "xyz"}
                ]
            }
        },
        "with 3 characters of text",
    ),
    ("parameters", {"message": {"parameters": {"size": "big"}}}, 'parameters {"size": "big"}'),
    ("temperature", {"temperature": 0.5}, "temperature 0.5"),
    ("stop sequences", {"stop_sequences": ["END"]}, 'stop sequences ["END"]'),
    ("logit bias", {"logit_bias": {"1": 2}}, "logit bias for 1 tokens"),
    ("no system prompt", {"skip_system_prompt": True}, "no system prompt"),
    ("extra parameters", {"extra_params": {"a": 1}}, 'extra parameters {"a": 1}'),
]


@pytest.mark.parametrize(
    ("changes", "words"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN]
)
async def test_the_answer_shows_what_was_received(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """An author sees in the chat what the bot passed on."""
    async with local_poe(tmp_path) as poe:
        events = await ask(poe, **changes)

    assert words in text_of(events)
    assert sum(isinstance(event, ev.Text) for event in events) > 1


@pytest.mark.parametrize(
    ("messages", "listed"),
    [(40, ["1. user", "40. user"]), (1000, ["961. user", "1000. user"])],
)
async def test_of_a_long_conversation_the_end_is_listed(
    messages: int, listed: list[str], tmp_path: Path
) -> None:
    """As many messages as Poe ever sends make no longer an answer than forty."""
    said = [{"role": "user", "content": "hello"}] * messages
    async with local_poe(tmp_path) as poe:
        lines = text_of(await ask(poe, query=said)).splitlines()

    shown = [line.partition(",")[0] for line in lines if ". user, 5 characters" in line]
    assert f"Messages: {messages}" in lines
    assert [len(shown), shown[0], shown[-1]] == [40, *listed]


@pytest.mark.parametrize(("temperature", "wordings"), [(None, 1), (0, 1), (0.9, 3)])
async def test_only_a_temperature_changes_the_wording(
    temperature: float | None, wordings: int, tmp_path: Path
) -> None:
    """The same call gets the same answer; with a temperature, the same series of answers."""
    series = []
    for run in range(2):
        async with local_poe(tmp_path / str(run), seed=7) as poe:
            texts = [text_of(await ask(poe, temperature=temperature)) for _ in range(12)]
        series.append(texts)

    assert series[0] == series[1]
    assert len(set(series[0])) == wordings


SHAPES: list[tuple[str, Any]] = [
    ("replies", lambda reply: len(reply.suggested_replies) == 2 and reply.meta.suggested_replies),
    ("replace", lambda reply: reply.replaced == 1 and "Thinking" not in reply.text),
    ("long", lambda reply: reply.characters > 15_000),
    ("file", lambda reply: [file.name for file in reply.files] == ["answer.txt"]),
]


@pytest.mark.parametrize("by", ["mode", "word"])
@pytest.mark.parametrize(("shape", "holds"), SHAPES, ids=[row[0] for row in SHAPES])
async def test_shapes_come_on_demand(shape: str, holds: Any, by: str, tmp_path: Path) -> None:
    """By the mode, or by a word in the message; and no shape breaks a rule of the protocol."""
    bots = {"Some-Bot": f"mock:{shape}"} if by == "mode" else {}
    reply = Reply()
    async with local_poe(tmp_path, bots=bots) as poe:
        text = f"hello mock:{shape}" if by == "word" else "hello"
        violations = [v for event in await ask(poe, text) for v in reply.feed(event)]
        urls = [file.url for file in reply.files]
        async with httpx.AsyncClient() as client:
            bodies = [(await client.get(url)).text for url in urls]

    assert holds(reply)
    assert {violation.rule for violation in violations} <= {"suggested-replies-ignored"}
    assert all("hello" in body for body in bodies)


def tool(name: str, description: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


WEATHER = tool("get_current_weather", "Get the weather", location={"type": "string"})
STOCK = tool("stock_price", "Look up a share", ticker={"type": "string"})
ADD = tool("add_numbers", "", a={"type": "number"}, b={"type": "number"})
CHOICES: list[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]] = [
    (
        "What is the weather in Tokyo?",
        [WEATHER],
        [("get_current_weather", '{"location": "Tokyo"}')],
    ),
    (
        "What is the weather in Tokyo?",
        [STOCK, WEATHER],
        [("get_current_weather", '{"location": "Tokyo"}')],
    ),
    ("price of a share of ACME", [STOCK, WEATHER], [("stock_price", '{"ticker": "ACME"}')]),
    ("3 and 4?", [ADD], [("add_numbers", '{"a": 3, "b": 4}')]),
    ("hello", [WEATHER, STOCK, ADD], []),
]
TOKYO, PARIS = ('{"location": "Tokyo"}', '{"location": "Paris"}')
PARALLEL: list[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]] = [
    (
        "What is the weather in Tokyo and Paris?",
        [STOCK, WEATHER],
        [("get_current_weather", TOKYO), ("get_current_weather", PARIS)],
    ),
    (
        "What is the weather in Tokyo?",
        [STOCK, WEATHER],
        [("get_current_weather", TOKYO), ("stock_price", '{"ticker": "Tokyo"}')],
    ),
    ("What is the weather in Tokyo?", [WEATHER], [("get_current_weather", TOKYO)] * 2),
    ("hello", [WEATHER, STOCK, ADD], []),
]


@pytest.mark.parametrize(
    ("text", "tools", "calls"), CHOICES, ids=[f"{r[0]} {len(r[1])}" for r in CHOICES]
)
async def test_a_fitting_tool_is_called(
    text: str, tools: list[Any], calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    """With arguments from the text, in several deltas; a text no tool fits gets words."""
    reply = Reply()
    async with local_poe(tmp_path) as poe:
        violations = [v for event in await ask(poe, text, tools=tools) for v in reply.feed(event)]

    made = [(c["function"]["name"], c["function"]["arguments"]) for c in reply.tool_calls]
    assert made == calls
    assert violations == []
    assert bool(reply.text) is not bool(calls)


@pytest.mark.parametrize(("text", "tools", "calls"), PARALLEL)
async def test_two_tools_are_called_in_parallel(
    text: str, tools: list[Any], calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    """In one answer, each with an id of its own; of one tool for each thing that was asked."""
    reply = Reply()
    async with local_poe(tmp_path, bots={"Some-Bot": "mock:parallel"}) as poe:
        for event in await ask(poe, text, tools=tools):
            reply.feed(event)

    made = [(c["function"]["name"], c["function"]["arguments"]) for c in reply.tool_calls]
    assert made == calls
    assert len({call["id"] for call in reply.tool_calls}) == len(calls)


RESULTS = [
    (
        '"{\\"location\\": \\"Tokyo\\", \\"temperature\\": \\"11\\"}"',
        "location Tokyo, temperature 11.",
    ),
    ('{"ok": true, "parts": [1, 2]}', "ok yes, parts 1; 2."),
    ("plain words", "plain words."),
    ("[]", "nothing."),
]


@pytest.mark.parametrize(("content", "words"), RESULTS, ids=[row[1] for row in RESULTS])
async def test_results_of_tools_become_the_answer(content: str, words: str, tmp_path: Path) -> None:
    """Also those that fastapi_poe encoded twice."""
    results = [{"role": "tool", "tool_call_id": "c", "name": "f", "content": content}]
    async with local_poe(tmp_path) as poe:
        events = await ask(poe, tools=[WEATHER], tool_results=results)

    assert text_of(events) == f"`f` answered: {words}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"role": "tool", "tool_call_id": "c", "name": "f", "content": "7"}]', "`f` answered: 7"),
        ("Ducks.", "Messages: 1"),
    ],
    ids=["results", "something else"],
)
async def test_results_in_the_last_message_become_the_answer(
    content: str, words: str, tmp_path: Path
) -> None:
    """A bot with a tool loop of its own puts them into a message of the role `tool`."""
    async with local_poe(tmp_path) as poe:
        events = await ask(poe, content, message={"role": "tool"}, tools=[WEATHER])

    assert words in text_of(events)
