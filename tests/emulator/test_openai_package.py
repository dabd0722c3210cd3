"""The openai package, unmodified, against the local Poe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from tests.emulator.asking import NO_TLS
from tests.emulator.serving import KEY, LocalPoe, local_poe

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


@asynccontextmanager
async def client_of(poe: LocalPoe, key: str = KEY) -> AsyncIterator[openai.AsyncOpenAI]:
    http = openai.DefaultAsyncHttpxClient(verify=NO_TLS, trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{poe.url}/v1", api_key=key, max_retries=0, http_client=http
    ) as client:
        yield client


async def test_it_reads_a_whole_answer(tmp_path: Path) -> None:
    """Text, reason and usage are where the package looks for them."""
    async with local_poe(tmp_path) as poe, client_of(poe) as client:
        answer = await client.chat.completions.create(model="Some-Bot", messages=HELLO)

    (choice,) = answer.choices
    assert "**Some-Bot**" in str(choice.message.content)
    assert choice.finish_reason == "stop"
    assert answer.usage is not None


async def test_it_reads_a_streamed_answer(tmp_path: Path) -> None:
    """The pieces in their order make the text of the whole answer."""
    async with local_poe(tmp_path) as poe, client_of(poe) as client:
        whole = await client.chat.completions.create(model="Some-Bot", messages=HELLO)
        stream = await client.chat.completions.create(model="Some-Bot", messages=HELLO, stream=True)
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]

    assert len(pieces) > 1
    assert "".join(pieces) == whole.choices[0].message.content


async def test_its_tools_are_called_and_their_results_answered_from(tmp_path: Path) -> None:
    """Both rounds of function calling, arguments by the schema."""
    async with local_poe(tmp_path) as poe, client_of(poe) as client:
        messages: list[ChatCompletionMessageParam] = [
            {"role": "user", "content": "What is the weather in Tokyo?"}
        ]
        asked = await client.chat.completions.create(
            model="Some-Bot", messages=messages, tools=[WEATHER]
        )
        (call,) = asked.choices[0].message.tool_calls or []
        messages += [
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": call.id,
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": "{}"},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 11}'},
        ]
        answer = await client.chat.completions.create(
            model="Some-Bot", messages=messages, tools=[WEATHER]
        )

    assert isinstance(call.model_dump()["function"]["arguments"], str)
    assert "Tokyo" in call.model_dump()["function"]["arguments"]
    assert "celsius" in str(answer.choices[0].message.content)


async def test_it_lists_the_models(tmp_path: Path) -> None:
    """Handles that a mode was set for."""
    async with local_poe(tmp_path, bots={"GPT-3.5-Turbo": "mock"}) as poe, client_of(poe) as client:
        models = [model.id async for model in client.models.list()]

    assert "GPT-3.5-Turbo" in models


ERRORS = [
    ("Off-Bot", {}, openai.NotFoundError),
    ("Some-Bot", {"X-Poe-Fault": "rate-limit"}, openai.RateLimitError),
    ("Some-Bot", {"X-Poe-Fault": "server-error"}, openai.InternalServerError),
]


@pytest.mark.parametrize(("model", "headers", "error"), ERRORS, ids=[e[2].__name__ for e in ERRORS])
async def test_its_errors_are_those_of_poe(
    tmp_path: Path, model: str, headers: dict[str, str], error: type[openai.APIStatusError]
) -> None:
    """Each trouble is the class that the package has for its status."""
    async with local_poe(tmp_path, bots={"Off-Bot": "off"}) as poe, client_of(poe) as client:
        with pytest.raises(error):
            await client.chat.completions.create(model=model, messages=HELLO, extra_headers=headers)
