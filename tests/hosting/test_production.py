"""A worker of `poe serve`, without its process: keys, the build, the health check, the log."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import fastapi_poe as fp
import pytest

from poecli.config.target import Target
from poecli.errors import KeyMissing
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.process.messages import Serve
from poecli.hosting.process.production import build_of, give_keys
from poecli.hosting.serving.production import App, CountedApp, Receive, Scope, Send

OWN, ITS, ANY = "o" * 32, "i" * 32, "a" * 32


def loaded(folder: Path, *keys: str | None) -> Loaded:
    """Bots at /0, /1 …, each with that key of its own."""
    (folder / "main.py").write_text("import fastapi_poe as fp\n", encoding="utf-8")
    target = Target.parse("main.py", folder)
    bots = tuple(fp.PoeBot(access_key=key) for key in keys)
    paths = tuple(f"/{number}" for number in range(len(keys)))
    return Loaded(bots, paths, None, target, (), (), ())


def test_a_bot_gets_the_nearest_key(tmp_path: Path) -> None:
    """Its own, that of its path, that of the environment."""
    found = loaded(tmp_path, OWN, None, None)
    order = Serve("main.py", str(tmp_path), keys=(("/0", ITS), ("/1", ITS)), key=ANY)

    assert give_keys(found, order) == []
    assert [bot.access_key for bot in found.bots] == [OWN, ITS, ANY]


def test_a_bot_without_a_key_is_said_so_loudly(tmp_path: Path) -> None:
    """It does not start, or with a remark where that was asked for."""
    closed = Serve("main.py", str(tmp_path))
    opened = Serve("main.py", str(tmp_path), allow_without_key=True)

    with pytest.raises(KeyMissing, match="anyone can use it"):
        give_keys(loaded(tmp_path, OWN, None), closed)
    assert len(give_keys(loaded(tmp_path, OWN, None, None), opened)) == 2


def test_the_build_is_that_of_the_files(tmp_path: Path) -> None:
    """Of their names in the project and their bytes, wherever the project is."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "main.py").write_text("x = 1", encoding="utf-8")
    first = build_of(one, (one / "main.py",))

    assert build_of(two, (two / "main.py",)) == first
    (two / "main.py").write_text("x = 2", encoding="utf-8")
    assert build_of(two, (two / "main.py",)) != first


async def _receive() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def asked(app: CountedApp, method: str, path: str) -> list[MutableMapping[str, Any]]:
    """The messages of one answer."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "client": ("192.0.2.1", 5)}
    await app(scope, _receive, send)
    return sent


async def answering(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"four"})


async def leaving(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ha", "more_body": True})
    raise asyncio.CancelledError


async def test_health_is_503_while_it_drains() -> None:
    """So that a platform sends its requests elsewhere."""
    app = CountedApp(answering, {}, "b1", None)
    (ready, body) = await asked(app, "GET", "/health")
    app.draining = True
    (draining, _) = await asked(app, "GET", "/health")

    assert (ready["status"], draining["status"]) == (200, 503)
    assert json.loads(body["body"]) == {"status": "ready", "build": "b1", "running": 0}


async def test_an_answer_while_it_drains_closes_its_connection() -> None:
    """The next request on it belongs to another worker."""
    app = CountedApp(answering, {}, "b1", None)
    app.draining = True
    start, _ = await asked(app, "POST", "/")

    assert (b"connection", b"close") in start["headers"]


ENDS: list[tuple[App, int, bool, type[BaseException]]] = [
    (answering, 4, True, KeyError),
    (leaving, 2, False, asyncio.CancelledError),
]


@pytest.mark.parametrize(("inner", "size", "whole", "raised"), ENDS)
async def test_the_log_tells_how_an_answer_ended(
    inner: App, size: int, whole: bool, raised: type[BaseException]
) -> None:
    """Whole, or left in the middle; either way it runs no more."""
    reader, writer = os.pipe()
    app = CountedApp(inner, {"/": "my-bot"}, "b1", writer)
    with suppress(raised):
        await asked(app, "POST", "/")
    os.close(writer)
    with os.fdopen(reader) as log:
        line = json.loads(log.read())

    assert (line["bot"], line["bytes"], line["whole"], app.running) == ("my-bot", size, whole, 0)
