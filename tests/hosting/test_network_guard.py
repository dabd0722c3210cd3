"""Calls to Poe that go round fastapi_poe are stopped, whatever makes them."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from poecli.hosting.author.errors import AuthorError
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.sandbox import network_guard
from tests.hosting.clients import Client

CALLS = Path(__file__).parent / "bots" / "calls.py"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The author's module with the calls, in a guarded process behind a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.chdir(CALLS.parent)
    spec = importlib.util.spec_from_file_location("calls", CALLS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    undo = network_guard.install(())
    yield module
    undo()


def blocked(error: BaseException) -> network_guard.PoeHostBlocked:
    """The refusal, or the one behind what a library made of it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, network_guard.PoeHostBlocked):
        cause = cause.__cause__ or cause.__context__
    assert cause is not None, repr(error)
    return cause


@pytest.mark.parametrize(
    ("name", "host", "line"),
    [
        pytest.param("with_httpx", "api.poe.com", "httpx.get(URL)", id="httpx"),
        pytest.param("with_urllib", "api.poe.com", "urllib.request.urlopen", id="urllib"),
        pytest.param("with_http_client", "www.quora.com", "HTTPSConnection", id="http.client"),
        pytest.param("with_a_socket", "poe.com", "create_connection", id="a socket"),
        pytest.param("with_a_bare_socket", "api.poe.com", "bare.connect", id="a bare socket"),
        pytest.param("with_async_httpx", "api.poe.com", "client.post", id="async httpx"),
        pytest.param("with_requests", "api.poe.com", "requests.get", id="requests"),
        pytest.param("with_openai", "api.poe.com", "models.list", id="openai"),
        pytest.param("with_aiohttp", "api.poe.com", "session.get", id="aiohttp"),
        pytest.param("with_streams", "API.poe.com.", "open_connection", id="asyncio"),
        pytest.param("with_a_thread", "api.poe.com", "httpx.get(URL)", id="in a thread"),
        pytest.param("with_the_sdk_and_the_host", "api.poe.com", "async for", id="fp with a host"),
    ],
)
async def test_a_call_to_poe_is_stopped(calls: ModuleType, name: str, host: str, line: str) -> None:
    """The refusal names the author's line and the setting that would allow the call."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each library wraps it in its own
        await asyncio.ensure_future(_call(getattr(calls, name)))

    refusal = blocked(caught.value)
    number = int(refusal.message.partition(" ")[0].rpartition(":")[2])
    assert refusal.message.startswith("calls.py:")
    assert line in CALLS.read_text().splitlines()[number - 1]
    assert f'allow_hosts = ["{host}"] under [dev] in poe.toml' in refusal.message


async def _call(function: Callable[[], Any]) -> None:
    result = function()
    if inspect.isawaitable(result):
        await result


@pytest.mark.parametrize(
    ("host", "allowed", "stopped"),
    [
        ("api.poe.com", (), True),
        ("www.quora.com", (), True),
        (b"poe.com", (), True),
        ("api.poe.com", ("api.poe.com",), False),
        ("api.poe.com", ("poe.com",), False),
        ("api.poe.com", ("quora.com",), True),
        ("notpoe.com", (), False),
        ("poe.com.example.org", (), False),
        ("api.openai.com", (), False),
        (None, (), False),
        (("127.0.0.1", 80), (), False),
    ],
)
def test_only_poes_hosts_are_stopped(host: object, allowed: tuple[str, ...], stopped: bool) -> None:
    """Poe's domains are refused but for the hosts allowed by name; others are not looked at."""
    check = network_guard._Guard(allowed).check

    outcome = [_outcome(check, host)]

    assert outcome == [network_guard.PoeHostBlocked if stopped else None]


def _outcome(check: Callable[[Any], None], host: object) -> type[BaseException] | None:
    try:
        check(host)
    except network_guard.PoeHostBlocked as error:
        return type(error)
    return None


def test_undoing_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard gives everything back as it was."""
    monkeypatch.setenv("NO_PROXY", "example.org")
    before = [vars(httpx).get("get"), os.environ.get("NO_PROXY"), os.environ.get("no_proxy")]
    undo = network_guard.install(())
    during = os.environ["no_proxy"]

    undo()

    assert "example.org" in during
    assert "poe.com" in during
    assert before == [
        vars(httpx).get("get"), os.environ.get("NO_PROXY"), os.environ.get("no_proxy")
    ]  # fmt: skip


async def test_a_bot_that_calls_poe_is_told(
    load_bot: Callable[[str], Awaitable[Loaded]],
    serve: Callable[..., Awaitable[Client]],
    query: Callable[..., dict[str, Any]],
) -> None:
    """The user gets an error event; the author gets the line and the setting."""
    told: list[AuthorError] = []
    client = await serve(await load_bot("calls.py"), on_error=told.append)

    async with client.post("/", json=query()) as response:
        body = await response.text()

    assert "event: error" in body
    assert told[0].message.startswith("PoeHostBlocked: calls.py:39 calls api.poe.com")
    assert (told[0].request_type, told[0].message_id) == ("query", "m-1")
