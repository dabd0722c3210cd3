"""Who may ask what: every kind of route, peer, Host, Origin and key."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from poecli.addresses import is_loopback
from poecli.config.credentials import Secret
from poecli.devserver.guard import Caller, Guard
from poecli.emulator.platform import Platform, PlatformOptions
from tests.devserver.bots import write_bot
from tests.devserver.running import running
from tests.emulator.serving import OwnBots

KEY = "k" * 32
SECRET = Secret(KEY)
BEARER = f"Bearer {KEY}"
HERE, ELSEWHERE = "127.0.0.1", "192.168.1.7"
GUARD = Guard({"my.machine", "0.0.0.0"})  # noqa: S104 - a name, not bound

# peer, Host, Origin, Authorization, may ask a bot, may ask the local Poe and the control routes
CALLERS: list[tuple[str | None, str, str | None, str | None, bool, bool]] = [
    (HERE, "127.0.0.1:8080", None, None, True, True),
    (HERE, "localhost:8080", None, None, True, True),
    (HERE, "bot.localhost", None, None, True, True),
    (HERE, "[::1]:8080", None, None, True, True),
    ("::1", "localhost", None, None, True, True),
    (None, "localhost", None, None, True, True),
    (HERE, "my.machine:8080", None, None, True, True),
    (HERE, "evil.example", None, None, False, False),
    (HERE, "evil.example", None, BEARER, True, True),
    (HERE, "evil.example", None, "Bearer wrong", False, False),
    (HERE, "127.0.0.1.evil.example", None, None, False, False),
    (HERE, "", None, None, False, False),
    (HERE, "[", None, None, False, False),
    (HERE, "localhost:8080", "http://localhost:8080", None, True, True),
    (HERE, "localhost:8080", "http://localhost:3000", None, False, False),
    (HERE, "localhost:8080", "https://evil.example", BEARER, False, False),
    (HERE, "evil.example", "http://evil.example", None, False, False),
    (HERE, "localhost:8080", "null", None, False, False),
    (HERE, "localhost:8080", "http://[", None, False, False),
    (HERE, "", "", None, False, False),
    (ELSEWHERE, "127.0.0.1:8080", None, None, True, False),
    (ELSEWHERE, "localhost", None, None, True, False),
    (ELSEWHERE, "127.0.0.1:8080", None, BEARER, True, True),
    (ELSEWHERE, "127.0.0.1:8080", None, KEY, True, True),
    (ELSEWHERE, "127.0.0.1:8080", None, f"Bearer {KEY[1:]}", True, False),
    (ELSEWHERE, "127.0.0.1:8080", None, "Bearer ", True, False),
    (ELSEWHERE, "192.168.1.5:8080", None, None, True, False),
    (ELSEWHERE, "192.168.1.5:8080", None, BEARER, True, True),
    (ELSEWHERE, "my.machine", None, None, True, False),
    (ELSEWHERE, "bot.example", None, None, False, False),
    (ELSEWHERE, "bot.example", None, BEARER, True, True),
]


@pytest.mark.parametrize(("peer", "host", "origin", "shown", "bot", "ours"), CALLERS)
def test_who_may_pass(
    peer: str | None, host: str, origin: str | None, shown: str | None, bot: bool, ours: bool
) -> None:
    """Address and name together are trusted, and a key; a page of another origin never."""
    caller = Caller(peer, host, origin, shown)
    assert (GUARD.refuses_bot(caller, SECRET) == "") is bot
    assert (GUARD.refuses_ours(caller, [None, SECRET]) == "") is ours


def test_a_refusal_says_what_to_do() -> None:
    """In one sentence each: the key, or allow_hosts."""
    foreign = Caller(ELSEWHERE, "bot.example")
    assert "allow_hosts" in GUARD.refuses_bot(foreign, SECRET)
    assert "access key" in GUARD.refuses_ours(foreign, [SECRET])


def test_a_server_without_a_key_takes_none() -> None:
    """No key is no key that could be shown."""
    empty = Caller(ELSEWHERE, "127.0.0.1", None, "Bearer ")
    assert GUARD.refuses_ours(empty, [None, Secret("")])


async def sent(url: str, path: str, method: str, headers: dict[str, str], body: bytes) -> int:
    """The status of a request written by hand: no client would send such headers."""
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", ""])
    writer.write(head.encode() + body)
    status = (await reader.readline()).split()[1]
    writer.close()
    return int(status)


SETTINGS = json.dumps({"type": "settings", "version": "1.2"}).encode()
ATTACKS = [
    (
        "a page of another site",
        "POST",
        "/",
        {"Host": "localhost", "Origin": "http://evil.com"},
        403,
    ),
    ("after a rebinding", "POST", "/", {"Host": "evil.com", "Origin": "http://evil.com"}, 403),
    ("by a foreign name", "POST", "/", {"Host": "evil.com"}, 403),
    ("in a proxy's form", "POST", "http://localhost/", {"Host": "evil.com"}, 403),
    ("with the key", "POST", "/", {"Host": "bot.example", "Authorization": BEARER}, 200),
    ("by an address", "POST", "/", {"Host": "10.0.0.1", "Authorization": BEARER}, 200),
    ("half a Host", "POST", "/", {"Host": "[", "Authorization": "Bearer no"}, 403),
    ("half an Origin", "POST", "/", {"Host": "localhost", "Origin": "http://["}, 403),
    ("control by a page", "POST", "/_poe/reload", {"Host": "x", "Origin": "http://x"}, 403),
    ("control, half a Host", "GET", "/_poe/status", {"Host": "["}, 403),
    ("control from here", "GET", "/_poe/status", {"Host": "localhost"}, 200),
    ("nothing of ours", "GET", "/_poe/nothing", {"Host": "evil.com"}, 403),
]


async def test_hostile_requests_are_refused(tmp_path: Path) -> None:
    """On the real server, plain requests and all others alike."""
    write_bot(tmp_path)
    async with running(tmp_path, access_key=SECRET, access_key_is_flag=True) as run:
        found = {
            name: await sent(run.server.url, path, method, headers, SETTINGS)
            for name, method, path, headers, _ in ATTACKS
        }
    assert found == {name: status for name, *_, status in ATTACKS}


async def test_every_route_of_ours_is_guarded(tmp_path: Path) -> None:
    """The local Poe's, the control routes and what is none: by a foreign name, and from a page."""
    options = PlatformOptions(tmp_path / ".poe", tmp_path)
    platform = Platform(options, report=lambda _event: None, local_bots=OwnBots())
    write_bot(tmp_path)
    routes = platform.routes()
    methods = {"*": "PATCH"}  # a route for any method
    paths = [
        (methods.get(r.method, r.method), "/_poe" + r.path.removeprefix("/_poe")) for r in routes
    ]
    paths += [
        ("GET", "/_poe/status"),
        ("POST", "/_poe/reload"),
        ("GET", "/_poe"),
        ("PUT", "/_poe/x"),
    ]
    callers = {"name": {"Host": "evil.com"}, "page": {"Host": "localhost", "Origin": "http://x"}}
    async with running(tmp_path, routes=routes) as run:
        found = {
            (method, path, who): await sent(
                run.server.url, re.sub(r"\{(\w+)[^}]*\}", r"\1", path), method, headers, b""
            )
            for method, path in paths
            for who, headers in callers.items()
        }
    await platform.close()
    assert len(found) >= 24
    assert {place: status for place, status in found.items() if status != 403} == {}


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x.y", False)],  # noqa: S104 - a case
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    """A wildcard address is not this machine alone."""
    assert is_loopback(host) is expected
