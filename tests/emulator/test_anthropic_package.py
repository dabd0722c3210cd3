"""The anthropic package, unmodified, against the local Poe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.emulator.asking import NO_TLS
from tests.emulator.packages import PARAMETERS, poe_for_packages
from tests.emulator.serving import KEY, LocalPoe
from tests.later import later

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import MessageParam, ToolParam
else:
    anthropic = later("anthropic")

pytestmark = pytest.mark.asyncio(loop_scope="module")
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": PARAMETERS,
}
CLAUDE = "claude-haiku-4-5"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poe(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalPoe]:
    """One local Poe for all."""
    folder = tmp_path_factory.mktemp("poe")
    async with poe_for_packages(folder, scripted="Claude-Sonnet-4.5", off="Claude-Off") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(poe: LocalPoe) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """The package's own client, with nothing changed but the address."""
    http = anthropic.DefaultAsyncHttpxClient(verify=NO_TLS, trust_env=False)
    async with anthropic.AsyncAnthropic(
        base_url=poe.url, api_key=KEY, max_retries=0, http_client=http
    ) as opened:
        yield opened


async def whole(
    client: anthropic.AsyncAnthropic, text: str, **more: Any
) -> anthropic.types.Message:
    asked = {"model": CLAUDE, "max_tokens": 500, **more}
    messages = more.pop("messages", [{"role": "user", "content": text}])
    answer: anthropic.types.Message = await client.messages.create(
        **{"messages": messages, **asked}
    )
    return answer


async def in_pieces(
    client: anthropic.AsyncAnthropic, text: str, **more: Any
) -> anthropic.types.Message:
    asked = {"model": CLAUDE, "max_tokens": 500, **more}
    messages = [{"role": "user", "content": text}]
    async with client.messages.stream(**{"messages": messages, **asked}) as stream:
        said = "".join([piece async for piece in stream.text_stream])
        answer: anthropic.types.Message = await stream.get_final_message()
    assert said == text_of(answer)
    return answer


def text_of(answer: anthropic.types.Message) -> str:
    return "".join(block.text for block in answer.content if block.type == "text")


Ask = Callable[..., Awaitable["anthropic.types.Message"]]
WAYS = pytest.mark.parametrize("ask", [whole, in_pieces], ids=lambda ask: ask.__name__)


@WAYS
async def test_it_reads_an_answer(ask: Ask, client: anthropic.AsyncAnthropic) -> None:
    """Text, reason and usage are where the package looks for them, whole or streamed."""
    answer = await ask(client, "hello", system="Be kind.", stop_sequences=["END"])

    assert "> hello" in text_of(answer)
    assert "1. system, 8 characters" in text_of(answer)
    assert 'stop sequences ["END"]' in text_of(answer)
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 1


@WAYS
async def test_its_tools_are_called_side_by_side(
    ask: Ask, client: anthropic.AsyncAnthropic
) -> None:
    """Text and two calls in one answer; their input is an object."""
    answer = await ask(client, "Tokyo?", model="claude-sonnet-4-5-20260929", tools=[WEATHER])

    assert text_of(answer) == "Let me see."
    assert [b.input for b in answer.content if b.type == "tool_use"] == [
        {"city": "Tokyo"},
        {"city": "Oslo"},
    ]
    assert answer.stop_reason == "tool_use"


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        ({"type": "none"}, "end_turn"),
        ({"type": "auto"}, "end_turn"),
        ({"type": "any"}, "tool_use"),
        ({"type": "tool", "name": "get_weather"}, "tool_use"),
    ],
    ids=str,
)
async def test_a_choice_of_tools_is_kept_to(
    choice: dict[str, str], reason: str, client: anthropic.AsyncAnthropic
) -> None:
    """Also where the question has nothing to do with any tool."""
    answer = await whole(client, "hello", tools=[WEATHER], tool_choice=choice)

    assert answer.stop_reason == reason


async def test_the_result_of_a_tool_is_answered_from(client: anthropic.AsyncAnthropic) -> None:
    """Both rounds of function calling, the package's own answer put back as it came."""
    question: MessageParam = {"role": "user", "content": "What is the weather in Tokyo?"}
    asked = await whole(client, "", messages=[question], tools=[WEATHER])
    (call,) = asked.content
    assert call.type == "tool_use"
    result = {"type": "tool_result", "tool_use_id": call.id, "content": '{"celsius": 11}'}
    messages = [
        question,
        {"role": "assistant", "content": asked.content},
        {"role": "user", "content": [result]},
    ]
    answer = await whole(client, "", messages=messages, tools=[WEATHER])

    assert call.input == {"city": "Tokyo"}
    assert "celsius 11" in text_of(answer)


MODELS = [
    "claude-sonnet-4-5-20260929",
    "claude-sonnet-4.5",
    "Claude-Sonnet-4.5",
    "claude-4-5-sonnet-latest",
]


@pytest.mark.parametrize("model", MODELS)
async def test_anthropics_names_mean_poes_bots(
    model: str, client: anthropic.AsyncAnthropic
) -> None:
    """The script of the bot Claude-Sonnet-4.5 answers, whatever the model is called."""
    assert text_of(await whole(client, "hello", model=model)) == "scripted"


ERRORS: list[tuple[str, str, int, str]] = [
    (CLAUDE, "access-denied", 401, "authentication_error"),
    (CLAUDE, "insufficient-funds", 402, "billing_error"),
    ("claude-off", "", 404, "not_found_error"),
    ("GPT-4o", "", 404, "not_found_error"),
    (CLAUDE, "rate-limit", 429, "rate_limit_error"),
    (CLAUDE, "server-error", 500, "api_error"),
    (CLAUDE, "overloaded", 529, "overloaded_error"),
]


@WAYS
@pytest.mark.parametrize(("model", "fault", "status", "kind"), ERRORS)
async def test_its_errors_are_those_of_poe(
    model: str, fault: str, status: int, kind: str, ask: Ask, client: anthropic.AsyncAnthropic
) -> None:
    """Each trouble has the status and the type that the package knows it by."""
    with pytest.raises(anthropic.APIStatusError) as refused:
        await ask(client, "hello", model=model, extra_headers={"X-Poe-Fault": fault})

    error = refused.value
    assert error.status_code == status
    assert isinstance(error.body, dict)
    assert (error.body["type"], error.body["error"]["type"]) == ("error", kind)
    assert ("retry-after" in error.response.headers) is (status == 429)


async def test_an_answer_that_breaks_off_raises(client: anthropic.AsyncAnthropic) -> None:
    """The status is long gone; the package still tells."""
    with pytest.raises(anthropic.APIStatusError, match="broken"):
        await in_pieces(client, "break", model="claude-sonnet-4.5")


async def test_a_field_that_anthropic_has_not_is_refused(client: anthropic.AsyncAnthropic) -> None:
    """Bodies go to Anthropic as they are: there are no parameters of a bot here."""
    with pytest.raises(anthropic.BadRequestError, match="aspect: Extra inputs"):
        await whole(client, "hello", extra_body={"aspect": "16:9"})
