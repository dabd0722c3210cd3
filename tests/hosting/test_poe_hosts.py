"""Everything in fastapi_poe that knows a host of Poe is sent elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import fastapi_poe
import fastapi_poe as fp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.sandbox import containment, poe_hosts

SOURCE = Path(fastapi_poe.__file__).parent
# Pages for people, which no code calls.
PAGES = re.compile(r"https://(creator\.poe\.com|poe\.com/(create_bot|edit_bot|api_key|api/keys))")
HOST = re.compile(r"https?://([\w-]+\.)*(poe|quora)\.com")
THE_TWELVE = {
    "base.PoeBot.authorize_cost",
    "base.PoeBot.capture_cost",
    "base.PoeBot.post_message_attachment",
    "client._stream_request_with_tools",
    "client.get_bot_response",
    "client.get_bot_response_sync",
    "client.get_final_response",
    "client.stream_request",
    "client.stream_request_base",
    "client.sync_bot_settings",
    "client.upload_file",
    "client.upload_file_sync",
}


def hosts_in_source() -> Iterator[str]:
    """``file:line`` of each string of the SDK's code, docstrings left out, with a host of Poe."""
    for file in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            is_code = isinstance(node, ast.Constant) and id(node) not in docstrings
            text = str(node.value) if isinstance(node, ast.Constant) and is_code else ""
            if HOST.search(PAGES.sub("", text)):
                yield f"{file.name}:{getattr(node, 'lineno', 0)}: {text}"


def test_no_host_of_the_sdk_slips_through() -> None:
    """Each address of Poe in the SDK's code is one of those we redirect: a new one fails here."""
    known = {place.url for place in poe_hosts.find_places()}

    left = [place for place in hosts_in_source() if place.partition(": ")[2] not in known]

    assert left == []


def test_the_functions_with_a_host_are_found() -> None:
    """The twelve functions of fastapi_poe 0.0.83 that take a base_url, and its one constant."""
    names = {place.name.partition("(")[0] for place in poe_hosts.find_places()}

    assert names >= THE_TWELVE
    assert names - THE_TWELVE == {"base.POE_API_WEBSERVER_BASE_URL"}


def test_every_place_is_redirected_and_given_back() -> None:
    """After redirect() no place names Poe; after its undo all do again."""
    before = [(place.name, place.url) for place in poe_hosts.find_places()]
    undo = poe_hosts.redirect("http://127.0.0.1:8080/")

    during = poe_hosts.find_places()
    undo()

    assert during == []
    assert before == [(place.name, place.url) for place in poe_hosts.find_places()]


async def an_older_upload() -> tuple[str, str]:
    """As PoeBot._make_file_attachment_request of fastapi_poe 0.0.36: the host within a function."""
    page = "https://poe.com/create_bot?server=1"
    return "https://www.quora.com/poe_api/file_attachment_3RD_PARTY_POST", page


async def test_a_host_within_a_function_is_redirected() -> None:
    """Pages for people, which functions print, stay as they are."""
    before = await an_older_upload()
    (place,) = poe_hosts._in_function(an_older_upload, "base.upload")  # type: ignore[arg-type] # mypy: a Callable

    place.set("http://127.0.0.1:8080/poe_api/file")
    during = await an_older_upload()
    place.set(place.url)

    assert during == ("http://127.0.0.1:8080/poe_api/file", before[1])
    assert await an_older_upload() == before


@pytest.fixture
def asked() -> list[str]:
    """The paths the local Poe was asked for."""
    return []


@pytest.fixture
async def local_poe(asked: list[str], process: None) -> Any:  # noqa: ARG001 - restores this process
    """A stand-in for the gateway: it answers any bot with one word."""

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        events = 'event: text\ndata: {"text": "local"}\n\nevent: done\ndata: {}\n\n'
        return web.Response(text=events, content_type="text/event-stream")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    containment.install(containment.Options(base_url=str(server.make_url("/"))))
    yield server
    await server.close()


@pytest.mark.usefixtures("local_poe")
async def test_a_call_reaches_the_local_poe(asked: list[str]) -> None:
    """An unmodified call to another bot arrives at the gateway, at Poe's path."""
    parts = [
        part.text
        async for part in fp.get_bot_response(
            [fp.ProtocolMessage(role="user", content="hi")], "GPT-4o", api_key="key"
        )
    ]

    assert parts == ["local"]
    assert asked == ["/bot/GPT-4o"]


@pytest.mark.usefixtures("local_poe")
async def test_make_apps_push_reaches_the_local_poe(
    load_bot: Callable[[str], Awaitable[Loaded]], asked: list[str]
) -> None:
    """What make_app posts at import goes to the gateway."""
    await load_bot("pushes_settings.py")

    assert asked == [f"/bot/update_settings/pusher/{'a' * 32}/1.2"]


async def test_without_a_local_poe_nothing_is_pushed(
    load_bot: Callable[[str], Awaitable[Loaded]], caplog: pytest.LogCaptureFixture
) -> None:
    """Loading a bot alone posts its settings to nobody, and is no failure."""
    await load_bot("pushes_settings.py")

    assert caplog.records == []
