"""Foreign hosts and foreign pages meet a closed door on every route that is not the protocol."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from poecli.devserver.guard import HostGuard, is_loopback


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="private")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "bot.localhost"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Host": "my.machine:8080"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "localhost:8080", "Origin": "http://localhost:8080"}, 200),
        ({"Host": "localhost:8080", "Origin": "http://localhost:3000"}, 403),
        ({"Host": "localhost:8080", "Origin": "https://evil.example"}, 403),
        ({"Host": "localhost:8080", "Origin": "null"}, 403),
    ],
)
async def test_who_may_pass(headers: dict[str, str], status: int) -> None:
    """Only this machine's own names and pages pass."""
    app = web.Application()
    app.add_routes([HostGuard({"my.machine"}).wrap(web.get("/_poe/status", _answer))])
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/_poe/status", headers=headers)
        assert answer.status == status


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x.y", False)],  # noqa: S104 - a case
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    """A wildcard address is not this machine alone."""
    assert is_loopback(host) is expected
