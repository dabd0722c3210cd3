"""What the tests of hosting/ share: bots loaded in this process, served on loopback, and undone."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from poecli.config.target import Target
from poecli.hosting.author.frames import is_third_party
from poecli.hosting.finding.discovery import Loaded, load
from poecli.hosting.sandbox import containment
from poecli.hosting.serving.bot_server import BotServer
from poecli.protocol.sse import SseDecoder
from tests.hosting.clients import Client

BOTS = Path(__file__).parent / "bots"


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Variables as they were: a bot, and what plays Modal, may set some."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as it was, after a bot was loaded into it."""
    modules, path, argv = set(sys.modules), list(sys.path), list(sys.argv)
    monkeypatch.chdir(BOTS)
    for name in ("POE_ACCESS_KEY", "POE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    for installed in list(containment._installed):
        installed.uninstall()
    for name in set(sys.modules) - modules:
        is_package = is_third_party(getattr(sys.modules[name], "__file__", None) or "")
        # The real Modal must not be there already when the next bot file needs the stand-in.
        if not is_package or name.partition(".")[0] == "modal":
            del sys.modules[name]
    sys.path[:], sys.argv[:] = path, argv


Load = Callable[..., Awaitable[Loaded]]


@pytest.fixture
def load_bot(process: None) -> Load:  # noqa: ARG001 - a fixture can't say usefixtures
    """Load a target below tests/hosting/bots, as the worker does: not in an event loop."""

    async def load_bot(text: str) -> Loaded:
        return await asyncio.to_thread(lambda: load(Target.parse(text, BOTS)))

    return load_bot


Serve = Callable[..., Awaitable[Client]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve a loaded bot on loopback; the answer is a client of that server."""
    clients: list[Client] = []

    async def serve(loaded: Loaded, **options: Any) -> Client:
        client = Client()
        clients.append(client)
        await client.start(BotServer(loaded, **options))
        return client

    yield serve
    for client in clients:
        await client.close()


def _query(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {
        "version": "1.2",
        "type": "query",
        "query": [{"role": "user", "content": text}],
        "user_id": "u-1",
        "conversation_id": "c-1",
        "message_id": "m-1",
        **more,
    }


@pytest.fixture
def query() -> Callable[..., dict[str, Any]]:
    """Makes a query as Poe sends it."""
    return _query


Ask = Callable[..., Awaitable[str]]


@pytest.fixture
def ask() -> Ask:
    """Send a query to a served bot; the answer is the text of its text events, joined."""

    async def ask(client: Client, path: str = "/", text: str = "hi", key: str = "x") -> str:
        headers = {"Authorization": f"Bearer {key}"}
        async with client.post(path, json=_query(text), headers=headers) as response:
            frames = SseDecoder().feed(await response.read())
        return "".join(json.loads(f.data)["text"] for f in frames if f.event == "text")

    return ask
