"""The openai package, unmodified, against the local Poe: both of its APIs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pydantic
import pytest
import pytest_asyncio

from tests.emulator.asking import NO_TLS
from tests.emulator.packages import PARAMETERS, poe_for_packages
from tests.emulator.serving import KEY, LocalPoe
from tests.later import later

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
    from openai.types.responses import FunctionToolParam, Response, ResponseInputParam
else:
    openai = later("openai")

pytestmark = pytest.mark.asyncio(loop_scope="module")
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": PARAMETERS},
}
FLAT_WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "parameters": PARAMETERS,
    "strict": False,
}


class Place(pydantic.BaseModel):
    """What a structured answer holds."""

    city: str
    days: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poe(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalPoe]:
    """One local Poe for all."""
    folder = tmp_path_factory.mktemp("poe")
    async with poe_for_packages(folder, scripted="Scripted", off="Off-Bot") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(poe: LocalPoe) -> AsyncIterator[openai.AsyncOpenAI]:
    """The package's own client, with nothing changed but the address."""
    http = openai.DefaultAsyncHttpxClient(verify=NO_TLS, trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{poe.url}/v1", api_key=KEY, max_retries=0, http_client=http
    ) as opened:
        yield opened


# --- the text of an answer, by each way of asking ---


async def completed(client: openai.AsyncOpenAI, model: str, text: str, **more: Any) -> str:
    answer = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], **more
    )
    return answer.choices[0].message.content or ""


async def completed_in_pieces(
    client: openai.AsyncOpenAI, model: str, text: str, **more: Any
) -> str:
    stream = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], stream=True, **more
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def responded(client: openai.AsyncOpenAI, model: str, text: str, **more: Any) -> str:
    answer: Response = await client.responses.create(model=model, input=text, **more)
    return answer.output_text


async def responded_in_pieces(
    client: openai.AsyncOpenAI, model: str, text: str, **more: Any
) -> str:
    stream = await client.responses.create(model=model, input=text, stream=True, **more)
    events = [event async for event in stream]
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert events[-1].type in ("response.completed", "response.failed")
    if events[-1].type == "response.failed":
        assert events[-1].response.error
        raise openai.APIError(events[-1].response.error.message, object(), body=None)  # type: ignore[arg-type] # of no request
    assert "".join(pieces) == events[-1].response.output_text
    return "".join(pieces)


Ask = Callable[..., Awaitable[str]]
WAYS = pytest.mark.parametrize(
    "ask",
    [completed, completed_in_pieces, responded, responded_in_pieces],
    ids=lambda ask: ask.__name__,
)


@WAYS
async def test_every_way_of_asking_gets_the_same_answer(
    ask: Ask, client: openai.AsyncOpenAI
) -> None:
    """Whole or in pieces, by the older API or the newer."""
    assert await ask(client, "Some-Bot", "hello") == await completed(client, "Some-Bot", "hello")


@WAYS
async def test_fields_of_ones_own_become_parameters_of_the_bot(
    ask: Ask, client: openai.AsyncOpenAI
) -> None:
    """`extra_body`, as Poe's documents show it."""
    answer = await ask(client, "Some-Bot", "hello", extra_body={"aspect": "16:9", "seed_of": 3})

    assert 'parameters {"aspect": "16:9", "seed_of": 3}' in answer


@pytest.mark.parametrize("header", ["", "chat-completions-legacy, another"])
async def test_fields_of_ones_own_pass_by_default(header: str, client: openai.AsyncOpenAI) -> None:
    """And the answer says that it was not strict."""
    raw = client.chat.completions.with_raw_response
    answer = await raw.create(
        model="Some-Bot",
        messages=HELLO,
        extra_body={"aspect": "1"},
        extra_headers={"poe-feature": header},
    )

    assert answer.headers["x-poe-feature-active"] == "chat-completions-legacy"


async def test_strict_refuses_fields_of_ones_own(client: openai.AsyncOpenAI) -> None:
    """By name, when `poe-feature` asks for it."""
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(
            model="Some-Bot",
            messages=HELLO,
            extra_body={"aspect": "1"},
            extra_headers={"poe-feature": "other, chat-completions-strict"},
        )

    assert refused.value.param == "aspect"
    assert refused.value.response.headers["x-poe-feature-active"] == "chat-completions-strict"


@pytest.mark.parametrize("method", ["create", "stream"])
async def test_tools_are_called_side_by_side(method: str, client: openai.AsyncOpenAI) -> None:
    """Text and two calls in one answer, as the package puts them together from a stream."""
    asked: dict[str, Any] = {"model": "Scripted", "input": "Tokyo?", "tools": [FLAT_WEATHER]}
    if method == "create":
        answer = await client.responses.create(**asked)
    else:
        async with client.responses.stream(**asked) as stream:
            answer = await stream.get_final_response()

    said, *calls = answer.output
    assert said.type == "message"
    assert answer.output_text == "Let me see."
    assert [call.type for call in calls] == ["function_call"] * 2
    assert [json.loads(c.arguments) for c in calls if c.type == "function_call"] == [
        {"city": "Tokyo"},
        {"city": "Oslo"},
    ]


async def test_the_result_of_a_tool_is_answered_from(client: openai.AsyncOpenAI) -> None:
    """Both rounds of function calling, the second by `previous_response_id` alone."""
    question = "What is the weather in Tokyo?"
    asked = await client.responses.create(model="Some-Bot", input=question, tools=[FLAT_WEATHER])
    (call,) = asked.output
    assert call.type == "function_call"
    result: ResponseInputParam = [
        {"type": "function_call_output", "call_id": call.call_id, "output": '{"celsius": 11}'}
    ]
    answer = await client.responses.create(
        model="Some-Bot", input=result, previous_response_id=asked.id, tools=[FLAT_WEATHER]
    )

    assert json.loads(call.arguments) == {"city": "Tokyo"}
    assert "celsius 11" in answer.output_text


@pytest.mark.parametrize(
    ("choice", "calls"),
    [
        ("none", 0),
        ("auto", 0),
        ("required", 1),
        ({"type": "function", "function": {"name": "get_weather"}}, 1),
    ],
)
async def test_a_choice_of_tools_is_kept_to(
    choice: Any, calls: int, client: openai.AsyncOpenAI
) -> None:
    """Also where the question has nothing to do with any tool."""
    answer = await client.chat.completions.create(
        model="Some-Bot", messages=HELLO, tools=[WEATHER], tool_choice=choice
    )

    assert len(answer.choices[0].message.tool_calls or []) == calls


async def test_a_completion_has_both_rounds_of_function_calling(
    client: openai.AsyncOpenAI,
) -> None:
    """The package's own message of the first round goes into the second."""
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Tokyo?"}]
    asked = await client.chat.completions.create(
        model="Some-Bot", messages=messages, tools=[WEATHER]
    )
    message = asked.choices[0].message
    (call,) = message.tool_calls or []
    messages += [message, {"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 11}'}]
    answer = await client.chat.completions.create(
        model="Some-Bot", messages=messages, tools=[WEATHER]
    )

    assert asked.choices[0].finish_reason == "tool_calls"
    assert "celsius 11" in str(answer.choices[0].message.content)


async def test_a_conversation_goes_on_by_the_id_of_a_response(client: openai.AsyncOpenAI) -> None:
    """The bot sees all messages before; instructions are those of the last request alone."""
    first = await client.responses.create(
        model="Some-Bot", input="one", instructions="Be kind.", store=True
    )
    second = await client.responses.create(
        model="Some-Bot", input="two", previous_response_id=first.id
    )
    third = await client.responses.create(
        model="Some-Bot", input="three", previous_response_id=second.id, instructions="Be brief."
    )

    assert "Messages: 3" in second.output_text
    assert "Messages: 6" in third.output_text
    assert "1. system, 9 characters" in third.output_text
    assert third.previous_response_id == second.id


@pytest.mark.parametrize("store", [False, None])
async def test_a_response_that_was_not_kept_is_not_found(
    store: bool | None, client: openai.AsyncOpenAI
) -> None:
    """The refusal names the field, whether it was never kept or never there."""
    first = await client.responses.create(model="Some-Bot", input="one", store=store)
    with pytest.raises(openai.BadRequestError) as refused:
        await client.responses.create(
            model="Some-Bot",
            input="two",
            previous_response_id="resp_0" if store is None else first.id,
        )

    assert refused.value.param == "previous_response_id"


async def test_answers_of_a_schema_are_parsed(client: openai.AsyncOpenAI) -> None:
    """`parse` of both APIs gets an object of the model asked for."""
    question = "Plan 3 days in Tokyo"
    response = await client.responses.parse(model="Some-Bot", input=question, text_format=Place)
    completion = await client.chat.completions.parse(
        model="Some-Bot",
        messages=[{"role": "user", "content": question}],
        response_format=Place,
    )

    assert response.output_parsed == Place(city="Tokyo", days=3)
    assert completion.choices[0].message.parsed == response.output_parsed


async def test_it_lists_the_models(client: openai.AsyncOpenAI) -> None:
    """Handles that a mode was set for."""
    assert "Scripted" in [model.id async for model in client.models.list()]


ERRORS = [
    ("Some-Bot", "access-denied", 401, "AuthenticationError"),
    ("Some-Bot", "insufficient-funds", 402, "APIStatusError"),
    ("Off-Bot", "", 404, "NotFoundError"),
    ("Some-Bot", "rate-limit", 429, "RateLimitError"),
    ("Some-Bot", "server-error", 500, "InternalServerError"),
    ("Some-Bot", "overloaded", 529, "InternalServerError"),
]


@WAYS
@pytest.mark.parametrize(("model", "fault", "status", "error"), ERRORS)
async def test_its_errors_are_those_of_poe(
    model: str,
    fault: str,
    status: int,
    error: str,
    ask: Ask,
    client: openai.AsyncOpenAI,
) -> None:
    """Each trouble is the class that the package has for its status."""
    expected: type[openai.APIStatusError] = getattr(openai, error)
    with pytest.raises(expected) as refused:
        await ask(client, model, "hello", extra_headers={"X-Poe-Fault": fault})

    headers = refused.value.response.headers
    assert refused.value.status_code == status
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["code"] == status
    assert ("retry-after" in headers) is (status == 429)
    assert (headers["x-ratelimit-remaining-requests"] == "0") is (status == 429)


@pytest.mark.parametrize("ask", [completed_in_pieces, responded_in_pieces])
async def test_an_answer_that_breaks_off_raises(ask: Ask, client: openai.AsyncOpenAI) -> None:
    """The status is long gone; the package still tells."""
    with pytest.raises(openai.APIError, match="broken"):
        await ask(client, "Scripted", "break")


async def test_what_is_not_stood_in_for_says_so(client: openai.AsyncOpenAI) -> None:
    """Videos and the like: a refusal that names the path, not a page of another server."""
    with pytest.raises(openai.NotFoundError, match="POST /v1/videos is not stood in for"):
        await client.post("/videos", body={"model": "Sora-2", "prompt": "fox"}, cast_to=object)
