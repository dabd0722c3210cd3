"""The OpenAI-style API, over the same upstream bots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.emulator.asking import NO_TLS
from tests.emulator.serving import KEY, LocalPoe, local_poe

HELLO = [{"role": "user", "content": "hello"}]
WEATHER = {
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
ROUND: list[dict[str, Any]] = [
    {"role": "user", "content": "weather in Tokyo"},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": '{"celsius": 11}'},
]


async def complete(poe: LocalPoe, body: Any, key: str = KEY) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(timeout=30, verify=NO_TLS) as client:
        return await client.post(f"{poe.url}/v1/chat/completions", json=body, headers=headers)


def body(messages: Any = HELLO, **changes: Any) -> dict[str, Any]:
    return {"model": "Some-Bot", "messages": messages, **changes}


def chunks(answer: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


async def test_an_answer_comes_whole(tmp_path: Path) -> None:
    """One object with message, reason and usage."""
    async with local_poe(tmp_path) as poe:
        answer = (await complete(poe, body())).json()

    (choice,) = answer["choices"]
    assert answer["object"] == "chat.completion"
    assert "> hello" in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] > 2


async def test_an_answer_comes_as_a_stream(tmp_path: Path) -> None:
    """Deltas that add up to the whole answer, a reason, usage on request, and an end."""
    async with local_poe(tmp_path) as poe:
        whole = (await complete(poe, body())).json()["choices"][0]["message"]["content"]
        asked = body(stream=True, stream_options={"include_usage": True})
        *pieces, last, usage, end = chunks(await complete(poe, asked))

    text = "".join(piece["choices"][0]["delta"].get("content", "") for piece in pieces)
    assert text == whole
    assert len(pieces) > 2
    assert last["choices"][0]["finish_reason"] == "stop"
    assert usage["usage"]["completion_tokens"] > 1
    assert end == "[DONE]"


@pytest.mark.parametrize("stream", [False, True])
async def test_tools_are_called_and_their_results_answered(stream: bool, tmp_path: Path) -> None:
    """The two rounds of function calling."""
    async with local_poe(tmp_path) as poe:
        asked = body(ROUND[:1], tools=[WEATHER], stream=stream)
        call = await complete(poe, asked)
        answer = await complete(poe, body(ROUND, tools=[WEATHER]))

    pieces = chunks(call)[:-1] if stream else [call.json()]
    parts = [
        choice.get("delta") or choice.get("message") for p in pieces for choice in p["choices"]
    ]
    calls = [c["function"] for part in parts if part for c in part.get("tool_calls") or []]
    assert calls[0]["name"] == "get_weather"
    assert json.loads("".join(c["arguments"] for c in calls)) == {"city": "Tokyo"}
    assert pieces[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert "celsius 11" in answer.json()["choices"][0]["message"]["content"]


REFUSED: list[tuple[str, dict[str, Any], Any, str, int, str]] = [
    ("no key", {}, body(), "", 401, "authentication_error"),
    ("no such bot", {"bots": {"Some-Bot": "off"}}, body(), KEY, 404, "not_found_error"),
    ("rate limit", {"faults": "rate-limit"}, body(), KEY, 429, "rate_limit_error"),
    ("Poe fails", {"faults": "server-error"}, body(), KEY, 500, "server_error"),
    ("no object", {}, [], KEY, 400, "invalid_request_error"),
    ("no model", {}, {"messages": HELLO}, KEY, 400, "invalid_request_error"),
    ("no messages", {}, body([]), KEY, 400, "invalid_request_error"),
    ("no message", {}, body(["x"]), KEY, 400, "invalid_request_error"),
    ("unknown role", {}, body([{"role": "x"}]), KEY, 400, "invalid_request_error"),
    (
        "unknown part",
        {},
        body([{"role": "user", "content": [{}]}]),
        KEY,
        400,
        "invalid_request_error",
    ),
    ("bad content", {}, body([{"role": "user", "content": 5}]), KEY, 400, "invalid_request_error"),
    (
        "part without URL",
        {},
        body([{"role": "user", "content": [{"type": "file"}]}]),
        KEY,
        400,
        "invalid_request_error",
    ),
    ("result without call", {}, body(ROUND[2:]), KEY, 400, "invalid_request_error"),
    (
        "bad call",
        {},
        body([{"role": "assistant", "tool_calls": [{}]}]),
        KEY,
        400,
        "invalid_request_error",
    ),
    ("bad temperature", {}, body(temperature="hot"), KEY, 400, "invalid_request_error"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("options", "asked", "key", "status", "kind"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
async def test_a_refusal_has_openais_shape(
    options: dict[str, Any],
    asked: Any,
    key: str,
    status: int,
    kind: str,
    stream: bool,
    tmp_path: Path,
) -> None:
    """A status and an error object, also for a stream that never began."""
    if isinstance(asked, dict):
        asked = {**asked, "stream": stream}
    async with local_poe(tmp_path, **options) as poe:
        answer = await complete(poe, asked, key)

    assert answer.status_code == status
    assert answer.json()["error"]["type"] == kind
    assert answer.json()["error"]["message"]
    assert ("retry-after" in answer.headers) is (status == 429)


async def test_an_error_within_a_stream_is_told_in_it(tmp_path: Path) -> None:
    """The status is long gone."""
    (tmp_path / "s.toml").write_text("[[answer]]\nevents=[{text='half'},{error='broken'}]")
    async with local_poe(tmp_path, bots={"Some-Bot": "script:s.toml"}) as poe:
        *_, half, error = chunks(await complete(poe, body(stream=True)))

    assert half["choices"][0]["delta"] == {"content": "half"}
    assert error["error"]["message"] == "broken"


async def test_parts_and_files_are_understood(tmp_path: Path) -> None:
    """Text parts, pictures and files of a message; files of an answer become links."""
    content = [
        {"type": "text", "text": "look mock:file"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://x.example/a.pdf"}},
    ]
    messages = [{"role": "system", "content": "be kind"}, {"role": "user", "content": content}]
    async with local_poe(tmp_path) as poe:
        answer = (await complete(poe, body(messages))).json()

    text = answer["choices"][0]["message"]["content"]
    assert "1. system" in text
    assert "(image/png), file a.pdf (application/pdf)" in text
    assert "\n\n[answer.txt](http://127.0.0.1" in text


@pytest.mark.parametrize("stream", [False, True])
async def test_a_cut_is_a_cut(stream: bool, tmp_path: Path) -> None:
    """A fault that breaks the connection breaks it here, too."""
    async with local_poe(tmp_path, faults="cut") as poe:
        with pytest.raises(httpx.RemoteProtocolError):
            await complete(poe, body(stream=stream))


async def test_the_list_of_models_names_what_can_be_asked(tmp_path: Path) -> None:
    """Those with a mode, and the well-known; not those that are off. No key is needed."""
    bots = {"Mine": "mock", "Gone": "off"}
    async with local_poe(tmp_path, bots=bots) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        models = (await client.get(f"{poe.url}/v1/models")).json()

    names = [entry["id"] for entry in models["data"]]
    assert models["object"] == "list"
    assert {"Mine", "GPT-3.5-Turbo"} <= set(names)
    assert "Gone" not in names
    assert names == sorted(names)
