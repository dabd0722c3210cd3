"""What a bot sees of a request: through `poe dev` as on uvicorn, key by key."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.devserver.running import running
from tests.warm_python import python

ROOT = Path(__file__).parents[2]
BOT = (ROOT / "tests" / "hosting" / "bots" / "scopes.py").read_text(encoding="utf-8")
SHAPES = {
    "plain": "/",
    "lifespan": "/",
    "dependencies": "/",
    "middleware": "/",
    "mounted": "/inner/",
}
QUERY = {
    "version": "1.2",
    "type": "query",
    "query": [{"role": "user", "content": "hi"}],
    "user_id": "u",
    "conversation_id": "c",
    "message_id": "m",
}
BODY = json.dumps(QUERY).encode()
FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"
BEARER = ("Authorization", "Bearer any")
# id, path's query, headers
REQUESTS: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("plain", "", [BEARER]),
    ("query", "?a=1&b=%C3%A9", [BEARER, ("Cookie", "c=d"), ("Content-Type", "application/json")]),
    ("connection", "", [BEARER, ("Connection", "keep-alive")]),
    ("close", "", [BEARER, ("Connection", "close"), ("TE", "trailers"), ("Keep-Alive", "9")]),
    ("forged", "", [BEARER, ("X-Poe-Dev-Turn", "7"), ("X-Poe-Dev-Client", "9.9.9.9 1")]),
    (
        "proxy",
        "",
        [BEARER, ("X-Forwarded-For", "203.0.113.9, 10.1.2.3"), ("X-Forwarded-Proto", "https")],
    ),
    ("odd proxy", "", [BEARER, ("X-Forwarded-For", ""), ("X-Forwarded-Proto", "gopher")]),
    ("repeated", "", [BEARER, ("X-Odd", "1"), ("x-odd", "2")]),
]


@contextmanager
def on_uvicorn(file: Path) -> Iterator[str]:
    command = python("-m", "tests.hosting.one_server", "theirs", str(file), "15", "1000000")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate()


async def seen(url: str, headers: list[tuple[str, str]]) -> dict[str, Any]:
    """What the bot says that it saw; addresses of the moment are named by what they are."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=BODY, headers=[*headers, ("Host", "bot.localhost")]) as answer,
    ):
        assert answer.status == 200
        text = await answer.text()
        local = answer.headers.get("X-Host", "")
    (data,) = [line[6:] for line in text.splitlines() if line.startswith('data: {"text"')]
    found: dict[str, Any] = json.loads(json.loads(data)["text"])
    scope = found.get("scope", {})
    ports = {str(scope.get(end, ["", 0])[1]): end for end in ("client", "server")}
    whole = json.dumps({**found, "middleware": local}, sort_keys=True)
    for port, end in ports.items():
        whole = re.sub(rf"\b{port}\b", f"{end}-port", whole)
    whole = re.sub(r"\b(client|server)-port(?=[],])", r'"\1-port"', whole)
    result: dict[str, Any] = json.loads(whole)
    return result


# FastAPI's own plumbing, for its dependencies and error pages: no request to a bot meets either.
PLUMBING = re.compile(r"fastapi_\w+_astack|starlette\.exception_handlers")


def comparable(found: dict[str, Any]) -> dict[str, Any]:
    """Without the plumbing, and forged headers, which arrive on uvicorn and not here."""
    scope = found["scope"]
    found["scope"] = {key: scope[key] for key in scope if not PLUMBING.fullmatch(key)}
    for pairs in (found["scope"]["headers"], found["headers"]):
        pairs[:] = [pair for pair in pairs if not pair[0].startswith("x-poe-dev-")]
    return found


def different(theirs: Any, ours: Any, place: str = "") -> dict[str, Any]:
    """By place, what the two sides have where they do not have the same."""
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return {} if theirs == ours else {place: (theirs, ours)}
    found: dict[str, Any] = {}
    for key in sorted(theirs.keys() | ours.keys()):
        found |= different(theirs.get(key), ours.get(key), f"{place}/{key}")
    return found


@pytest.mark.parametrize(("shape", "path"), SHAPES.items(), ids=SHAPES)
async def test_a_bot_sees_the_request_that_it_would_see_on_uvicorn(
    tmp_path: Path, shape: str, path: str
) -> None:
    """The whole scope, and what Request makes of it, for each kind of app and of request."""
    file = tmp_path / "main.py"
    file.write_text(BOT.replace('SHAPE = "plain"', f'SHAPE = "{shape}"'))
    with on_uvicorn(file) as reference:
        async with running(tmp_path, reload=False) as run:
            differences = {
                name: different(
                    comparable(await seen(f"{reference}{path}{query}", headers)),
                    comparable(await seen(f"{run.server.url}{path}{query}", headers)),
                )
                for name, query, headers in REQUESTS
            }
    assert differences == {name: {} for name, _, _ in REQUESTS}


async def test_the_caller_is_whom_the_bot_sees(tmp_path: Path) -> None:
    """context.http_request.client.host is the address of who asked `poe dev`."""
    (tmp_path / "main.py").write_text(BOT)
    async with running(tmp_path, reload=False) as run:
        found = await seen(f"{run.server.url}/", [BEARER])
    assert (found["client"][0], found["scope"]["client"][0]) == ("127.0.0.1", "127.0.0.1")


EXAMPLE = ROOT / "scaffolds" / "http-request" / "main.py"


async def raw_answer(url: str) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=BODY, headers=dict([BEARER])) as answer,
    ):
        return await answer.read()


async def test_the_guides_example_answers_byte_for_byte(tmp_path: Path) -> None:
    """http-request, asked with parameters, on uvicorn and here."""
    file = tmp_path / "main.py"
    served = "\napp = fp.make_app(bot, allow_without_key=True)\n"
    file.write_text(EXAMPLE.read_text(encoding="utf-8") + served)
    with on_uvicorn(file) as reference:
        async with running(tmp_path, reload=False) as run:
            theirs = await raw_answer(f"{reference}/?city=Tokyo&day=1")
            ours = await raw_answer(f"{run.server.url}/?city=Tokyo&day=1")
    assert b"Tokyo" in ours
    assert ours == theirs
