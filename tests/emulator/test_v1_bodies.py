"""Bodies under /v1 that can't be used: refused in the dialect's own shape, by the field's name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from poecli.emulator.routes.v1 import chat_body, message_body, response_body
from poecli.emulator.routes.wire import MAX_BODY_BYTES
from tests.emulator.asking import NO_TLS
from tests.emulator.serving import KEY, LocalPoe, local_poe
from tests.later import later

if TYPE_CHECKING:
    import anthropic
    import openai
else:
    anthropic, openai = later("anthropic"), later("openai")

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
HEADERS = {"Authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poe(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalPoe]:
    """One local Poe for all."""
    async with local_poe(tmp_path_factory.mktemp("poe")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(poe: LocalPoe) -> AsyncIterator[httpx.AsyncClient]:
    """Posts what no package would."""
    async with httpx.AsyncClient(base_url=poe.url, verify=NO_TLS, headers=HEADERS) as client:
        yield client


def said(**part: Any) -> dict[str, Any]:
    """A message of one part."""
    return {"messages": [{"role": "user", "content": [part]}]}


def item(**values: Any) -> dict[str, Any]:
    """An input of one item."""
    return {"input": [values]}


HELLO = {"messages": [{"role": "user", "content": "hello"}]}
BASES: dict[str, dict[str, Any]] = {
    CHAT: {"model": "Some-Bot", **HELLO},
    RESPONSES: {"model": "Some-Bot", "input": "hello"},
    MESSAGES: {"model": "claude-x", "max_tokens": 9, **HELLO},
}
ROWS: list[tuple[str, dict[str, Any], str]] = [
    (CHAT, {"model": 5}, "model"),
    (CHAT, {"model": ""}, "model"),
    (CHAT, {"messages": []}, "messages"),
    (CHAT, {"messages": {}}, "messages"),
    (CHAT, {"messages": ["x"]}, "messages[0]"),
    (CHAT, {"messages": [{"role": "x"}]}, "messages[0].role"),
    (CHAT, {"messages": [{"role": ["user"]}]}, "messages[0].role"),
    (CHAT, {"messages": [{"content": "x"}]}, "messages[0].role"),
    (CHAT, {"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    (CHAT, said(type="sound"), "messages[0].content[0].type"),
    (CHAT, said(type="text"), "messages[0].content[0].text"),
    (CHAT, said(type="image_url"), "messages[0].content[0].image_url"),
    (CHAT, said(type="image_url", image_url={"url": 5}), "messages[0].content[0].image_url.url"),
    (CHAT, said(type="file", file={}), "messages[0].content[0].file"),
    (CHAT, {"messages": [{"role": "tool", "tool_call_id": "c"}]}, "messages[0].tool_call_id"),
    (
        CHAT,
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]},
        "messages[0].tool_calls[0].function",
    ),
    (CHAT, {"temperature": "hot"}, "temperature"),
    (CHAT, {"temperature": 3}, "temperature"),
    (CHAT, {"temperature": True}, "temperature"),
    (CHAT, {"top_p": 2}, "top_p"),
    (CHAT, {"n": 2}, "n"),
    (CHAT, {"max_tokens": 0}, "max_tokens"),
    (CHAT, {"max_tokens": 1.5}, "max_tokens"),
    (CHAT, {"stream": "yes"}, "stream"),
    (CHAT, {"stream_options": 1}, "stream_options"),
    (CHAT, {"stop": [1]}, "stop[0]"),
    (CHAT, {"stop": {}}, "stop"),
    (CHAT, {"logit_bias": {"5": "x"}}, "logit_bias.5"),
    (CHAT, {"tools": [{"type": "function"}]}, "tools[0].function"),
    (
        CHAT,
        {"tools": [{"function": {"name": "f", "parameters": 5}}]},
        "tools[0].function.parameters",
    ),
    (CHAT, {"tool_choice": "perhaps"}, "tool_choice"),
    (CHAT, {"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
    (CHAT, {"response_format": {"type": "xml"}}, "response_format.type"),
    (
        CHAT,
        {"response_format": {"type": "json_schema", "json_schema": []}},
        "response_format.json_schema",
    ),
    (RESPONSES, {"input": None}, "input"),
    (RESPONSES, {"input": []}, "input"),
    (RESPONSES, {"input": [5]}, "input[0]"),
    (RESPONSES, item(role="user"), "input[0].content"),
    (RESPONSES, item(type="computer_call"), "input[0].type"),
    (RESPONSES, item(type="function_call", call_id="c"), "input[0].name"),
    (RESPONSES, item(type="function_call_output", call_id="c", output=""), "input[0].call_id"),
    (RESPONSES, item(role="user", content=[{"type": "input_file"}]), "input[0].content[0]"),
    (
        RESPONSES,
        item(role="user", content=[{"type": "input_image"}]),
        "input[0].content[0].image_url",
    ),
    (RESPONSES, {"instructions": 5}, "instructions"),
    (RESPONSES, {"previous_response_id": 5}, "previous_response_id"),
    (RESPONSES, {"previous_response_id": "resp_1"}, "previous_response_id"),
    (RESPONSES, {"store": 1}, "store"),
    (RESPONSES, {"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
    (RESPONSES, {"text": {"format": {"type": "xml"}}}, "text.format.type"),
    (RESPONSES, {"tools": [{"type": "function"}]}, "tools[0].name"),
    (RESPONSES, {"max_output_tokens": -1}, "max_output_tokens"),
    (MESSAGES, {"max_tokens": None}, "max_tokens"),
    (MESSAGES, {"aspect": 1}, "aspect"),
    (MESSAGES, {"messages": [{"role": "bot", "content": ""}]}, "messages[0].role"),
    (MESSAGES, {"messages": [{"role": "user"}]}, "messages[0].content"),
    (MESSAGES, said(type="video"), "messages[0].content[0].type"),
    (MESSAGES, said(type="tool_use", id="c", name="f", input=""), "messages[0].content[0].input"),
    (MESSAGES, said(type="tool_result", tool_use_id="c"), "messages[0].content[0].tool_use_id"),
    (MESSAGES, said(type="image", source={"type": "file"}), "messages[0].content[0].source.type"),
    (MESSAGES, {"system": 5}, "system"),
    (MESSAGES, {"tools": [{"name": "f"}]}, "tools[0].input_schema"),
    (MESSAGES, {"tool_choice": {"type": "tool", "name": "f"}}, "tool_choice"),
    (
        MESSAGES,
        {"output_config": {"format": {"type": "json_schema"}}},
        "output_config.format.schema",
    ),
    (MESSAGES, {"stop_sequences": "END"}, "stop_sequences"),
]


@pytest.mark.parametrize(
    ("path", "changes", "field"), ROWS, ids=[f"{row[0]} {json.dumps(row[1])}" for row in ROWS]
)
async def test_a_field_that_cannot_be_used_is_named(
    path: str, changes: dict[str, Any], field: str, http: httpx.AsyncClient
) -> None:
    """A 400 whose words begin with the place of the field."""
    answer = await http.post(path, json={**BASES[path], **changes})

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["message"].startswith(f"{field}: ")
    assert path == MESSAGES or error["param"] == field


BROKEN = {
    "not JSON": b"{",
    "nothing": b"",
    "no object": b"[]",
    "half a character": b'"\xff"',
    "too deep": b"[" * 100_000,
    "a number without end": b'{"model": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("path", BASES)
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_body_that_is_none_is_refused(
    body: bytes, path: str, http: httpx.AsyncClient
) -> None:
    """In the shape of the dialect, never as a failure of the server."""
    answer = await http.post(path, content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert (answer.json().get("type") == "error") is (path == MESSAGES)


async def test_a_body_that_is_too_large_is_refused(http: httpx.AsyncClient) -> None:
    """With the status of Poe's documents, before it fills the memory."""
    answer = await http.post(CHAT, content=b" " * (MAX_BODY_BYTES + 1))

    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


async def test_a_message_says_which_version_it_is_of(http: httpx.AsyncClient) -> None:
    """Poe's documents call the header required."""
    answer = await http.post(MESSAGES, json=BASES[MESSAGES], headers={"anthropic-version": ""})

    assert answer.json()["error"]["message"] == "anthropic-version: header is required"


@pytest.mark.parametrize("path", BASES)
async def test_a_call_without_a_key_is_refused(path: str, http: httpx.AsyncClient) -> None:
    """Before its body is looked at."""
    answer = await http.post(path, content=b"{", headers={"Authorization": ""})

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


PARAMETERS: list[tuple[frozenset[str], Callable[[], type[Any]], set[str]]] = [
    (
        chat_body.FIELDS,
        lambda: openai.types.chat.completion_create_params.CompletionCreateParamsBase,
        {"stream"},
    ),
    (
        response_body.FIELDS,
        lambda: openai.types.responses.response_create_params.ResponseCreateParamsBase,
        {"stream"},
    ),
    (
        message_body.FIELDS,
        lambda: anthropic.types.message_create_params.MessageCreateParamsBase,
        # Of the beta, or gone from the newest package and still sent by older ones.
        {"context_management", "mcp_servers", "output_format", "stream"}
        | {"temperature", "top_k", "top_p"},
    ),
]


@pytest.mark.parametrize(("ours", "theirs", "more"), PARAMETERS)
async def test_the_known_fields_are_those_of_the_packages(
    ours: frozenset[str], theirs: Callable[[], type[Any]], more: set[str]
) -> None:
    """No field of ours is made up."""
    assert ours - set(theirs().__annotations__) - more == set()
