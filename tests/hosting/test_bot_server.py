"""Serving: streams, hang-ups, errors of the author's, and bounds."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from poecli.hosting.author.errors import AuthorError
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.serving.asgi_bridge import LifespanFailed
from tests.hosting.clients import Client

Load = Callable[[str], Awaitable[Loaded]]
Serve = Callable[..., Awaitable[Client]]
Query = Callable[..., dict[str, Any]]
LIMIT = 10  # seconds; far more than any of this takes, and less than between two pings


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come true."""

    async def wait() -> None:
        while not condition():  # noqa: ASYNC110 - the bot's own list is what there is to look at
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), LIMIT)


@pytest.fixture
def log(load_bot: Load) -> Callable[[], list[str]]:  # noqa: ARG001 - which clears the modules after
    """What the bots of serving.py did."""
    return lambda: sys.modules["serving"].LOG


@pytest.mark.parametrize("target", ["serving.py", "serving_behind_middleware.py"])
async def test_the_first_event_comes_while_the_bot_still_works(
    load_bot: Load, serve: Serve, query: Query, target: str
) -> None:
    """An event is sent when it is there, not when the next one is."""
    client = await serve(await load_bot(target))

    async with client.post("/waiting", json=query()) as response:
        first = await asyncio.wait_for(response.content.readuntil(b"\r\n\r\n"), LIMIT)
        sys.modules["serving"].GO_ON.set()
        rest = await asyncio.wait_for(response.content.read(), LIMIT)

    assert first == b'event: text\r\ndata: {"text": "first"}\r\n\r\n'
    assert rest.count(b"event: ") == 2


@pytest.mark.parametrize(
    ("target", "path"),
    [
        pytest.param("serving.py", "/waiting", id="while it waits"),
        pytest.param("serving.py", "/silent", id="before its first event"),
        pytest.param("serving.py", "/endless", id="while it never awaits"),
        pytest.param("serving_behind_middleware.py", "/waiting", id="behind middleware"),
    ],
)
async def test_a_hang_up_ends_the_bot(
    load_bot: Load,
    serve: Serve,
    query: Query,
    log: Callable[[], list[str]],
    target: str,
    path: str,
) -> None:
    """The bot's generator is closed, and its finally blocks run, when nobody listens any more."""
    client = await serve(await load_bot(target))

    response = await client.post(path, json=query())
    response.close()

    await until(lambda: log() == ["closed"])


async def test_the_headers_do_not_wait_for_the_first_event(
    load_bot: Load, serve: Serve, query: Query
) -> None:
    """A caller knows that the bot took the query while the bot still thinks."""
    client = await serve(await load_bot("serving.py"))

    response = await asyncio.wait_for(client.post("/silent", json=query()), LIMIT)
    sys.modules["serving"].GO_ON.set()
    answer = await asyncio.wait_for(response.text(), LIMIT)

    assert "at last" in answer


async def test_a_silent_bot_is_pinged_for(load_bot: Load, serve: Serve, query: Query) -> None:
    """While a bot thinks, the connection is kept alive."""
    client = await serve(await load_bot("serving.py"), ping_seconds=0.05)

    async with client.post("/silent", json=query()) as response:
        ping = await asyncio.wait_for(response.content.readuntil(b"\r\n\r\n"), LIMIT)

    assert ping.startswith(b": ping - ")


async def test_the_first_event_is_out_before_a_bot_blocks(
    load_bot: Load, serve: Serve, query: Query
) -> None:
    """A bot that says "thinking" and then blocks its process has said it."""
    client = await serve(await load_bot("serving.py"))

    def read() -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", client.port or 0, timeout=LIMIT)
        connection.request("POST", "/blocking", json.dumps(query()))
        response = connection.getresponse()
        first = response.readline()
        sys.modules["serving"].READ.set()
        with contextlib.closing(connection):
            return first + response.read()

    assert b'{"text": "True"}' in await asyncio.to_thread(read)


async def test_a_bot_that_never_awaits_starves_nobody(
    load_bot: Load, serve: Serve, query: Query, log: Callable[[], list[str]]
) -> None:
    """Others are answered while one bot produces and produces."""
    client = await serve(await load_bot("serving.py"))
    endless = await client.post("/endless", json=query())

    async with client.post("/", json=query()) as response:
        answer = await asyncio.wait_for(response.text(), LIMIT)

    assert "event: done" in answer
    assert log() == []
    endless.close()


@pytest.mark.parametrize(
    ("path", "body", "status", "request_type", "message_id"),
    [
        pytest.param("/failing", None, 200, "query", "m-1", id="in an answer"),
        pytest.param(
            "/failing", {"version": "1", "type": "settings"}, 500, "settings", "", id="in settings"
        ),
    ],
)
async def test_an_error_of_the_authors_is_reported(
    load_bot: Load,
    serve: Serve,
    query: Query,
    caplog: pytest.LogCaptureFixture,
    path: str,
    body: dict[str, Any] | None,
    status: int,
    request_type: str,
    message_id: str,
) -> None:
    """The author gets their own frames, and which request it was; the log is not filled as well."""
    told: list[AuthorError] = []
    client = await serve(await load_bot("serving.py"), on_error=told.append)

    async with client.post(path, json=body or query()) as response:
        await response.read()

    assert response.status == status
    assert [error.message for error in told] == ["LookupError: kaput"]
    assert told[0].place is not None
    assert told[0].place.startswith("serving.py:")
    assert told[0].traceback.count("  File ") == 2
    assert (told[0].request_type, told[0].message_id) == (request_type, message_id)
    assert caplog.records == []


async def test_an_error_out_of_handle_query_cuts_the_answer(
    load_bot: Load, serve: Serve, query: Query
) -> None:
    """What fastapi_poe would not catch ends the connection, so that it can't pass for an answer."""
    told: list[AuthorError] = []
    client = await serve(await load_bot("serving.py"), on_error=told.append)

    async with client.post("/own", json=query()) as response:
        first = await response.content.readuntil(b"\r\n\r\n")
        with pytest.raises(Exception, match="payload is not completed"):
            await response.read()

    assert b"own" in first
    assert [error.message for error in told] == ["LookupError: kaput"]


async def test_errors_go_to_the_log_when_nobody_asks(
    load_bot: Load, serve: Serve, query: Query, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a reporter the cut traceback is logged."""
    client = await serve(await load_bot("serving.py"))

    async with client.post("/failing", json=query()) as response:
        await response.read()

    assert [record.name for record in caplog.records] == ["poecli.hosting"]
    assert "site-packages" not in caplog.text


async def test_keys_in_an_authors_error_are_masked(
    load_bot: Load, serve: Serve, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that stands in a message is shown by its variable's name."""
    monkeypatch.setenv("MY_API_KEY", "kaput")
    monkeypatch.setenv("OTHER_TOKEN", "LookupError: kaput")
    told: list[AuthorError] = []
    client = await serve(await load_bot("serving.py"), on_error=told.append)

    async with client.post("/failing", json=query()) as response:
        await response.read()

    assert told[0].message == "<OTHER_TOKEN>"


@pytest.mark.parametrize("path", ["/bot", "/hook/x"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
async def test_a_body_over_the_bound_is_refused(
    load_bot: Load, serve: Serve, path: str, chunked: bool
) -> None:
    """For bots and for the author's own routes alike, and however it is sent."""
    client = await serve(await load_bot("own_app.py"), max_body=1000)

    async with client.post(path, data=_pieces() if chunked else b"x" * 2000) as response:
        assert response.status == 413


async def _pieces() -> Any:
    for _ in range(20):
        yield b"x" * 100


async def test_the_authors_routes_lifespan_and_mounts_work(load_bot: Load, serve: Serve) -> None:
    """Everything of the author's app is there beside the bot."""
    loaded = await load_bot("own_app.py")
    told: list[AuthorError] = []
    client = await serve(loaded, on_error=told.append)

    async with client.get("/health?a=1") as response:
        health = await response.json()
    async with client.post("/hook/b%20c", data=b"body") as response:
        hook = await response.json()
    async with client.get("/inner/page") as response:
        page = await response.json()
    async with client.get("/fails") as response:
        await response.read()
    await client.close()

    assert health == {"ok": True, "state": "opened", "query": {"a": "1"}}
    assert hook == {"name": "b c", "body": "body"}
    assert page == "inner page"
    assert (response.status, told[0].message) == (500, "RuntimeError: route failed")
    assert told[0].request_type == "/fails"
    assert sys.modules["own_app"].events == ["started", "stopped"]


async def test_middleware_sees_the_bots_requests(
    load_bot: Load, serve: Serve, query: Query
) -> None:
    """With middleware present every request passes through the author's app."""
    client = await serve(await load_bot("middleware.py"))

    async with client.post("/", json=query(), headers={"Authorization": "Bearer x"}) as response:
        assert response.headers["X-Stamp"] == "seen"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param("dependencies.py", 428, id="a dependency of the whole app"),
        pytest.param("own_handler_first.py", 200, id="a route that comes first"),
    ],
)
async def test_the_app_decides_where_it_has_a_say(
    load_bot: Load, serve: Serve, query: Query, target: str, status: int
) -> None:
    """A bot is asked directly only where nothing of the author's would come before it."""
    client = await serve(await load_bot(target))

    async with client.post("/", json=query(), headers={"Authorization": "Bearer x"}) as response:
        content_type = response.content_type

    assert (response.status, content_type) == (status, "application/json")


async def test_a_lifespan_that_fails_is_the_authors_fault(load_bot: Load, serve: Serve) -> None:
    """Start-up code that raises keeps the server from starting, with its traceback."""
    loaded = await load_bot("broken/lifespan.py")

    with pytest.raises(LifespanFailed, match="start-up") as caught:
        await serve(loaded, on_error=lambda _error: None)

    assert caught.value.detail.splitlines()[1:] == [
        '  File "lifespan.py", line 10, in lifespan',
        '    raise RuntimeError("no database")',
        "RuntimeError: no database",
    ]
