"""The same requests to fastapi_poe on uvicorn and to our server: the same answers, or a reason.

A row whose answers differ says so with `ours`, the status we answer, and `because`, the reason. It
fails as well when the difference is gone.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.warm_python import python

HERE = Path(__file__).parent
FILE = HERE / "bots" / "differential.py"
KEY = "k" * 32
PING = 0.3
MAX_BODY = 8 * 1024 * 1024
BEARER = {"Authorization": "Bearer anything"}
RIGHT = {"Authorization": f"Bearer {KEY}"}
IDS = {"version": "1.2", "message_id": "m", "user_id": "u", "conversation_id": "c"}
COMPARED = (
    "content-type", "www-authenticate", "cache-control", "x-accel-buffering", "allow", "location",
    "set-cookie", "x-mine", "x-tea",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One request, and how our answer may differ."""

    id: str
    body: Any = None
    method: str = "POST"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=lambda: dict(BEARER))
    ours: int | None = None
    because: str = ""
    chunked: bool = False


@dataclass(frozen=True)
class Answer:
    """What counts of an answer. ``pinged`` is not compared: a slow machine makes any bot wait."""

    status: int
    headers: dict[str, list[str]]
    content: Any
    pinged: bool = field(compare=False)


def query(text: str, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {**IDS, "type": "query", "query": messages, **more}  # fmt: skip


SETTINGS = {"version": "1.2", "type": "settings"}
FEEDBACK = {**IDS, "type": "report_feedback", "feedback_type": "like"}
REACTION = {**IDS, "type": "report_reaction", "reaction": "heart"}
ERROR = {"version": "1.2", "type": "report_error", "message": "x", "metadata": {"a": 1}}

REASON = "a body nobody can use is the sender's fault: 400 with the reason, not 500"
OPEN = "protocol.md, section 4: a bot without a key refuses nobody, with or without the header"

ROWS = [
    # what bots do
    Row("text", query("hello")),
    Row("three hundred events", query("many")),
    Row("every event", query("every_event")),
    Row("an error event, and more", query("errors")),
    Row("an exception", query("raises")),
    Row("an exception after text", query("raises_later")),
    Row("insufficient funds", query("poor")),
    Row("no event at all", query("nothing")),
    Row("raw events", query("raw")),
    Row("unicode and control characters", query("unicode")),
    Row("a string is yielded", query("yields_a_string")),
    Row("an HTTPException in the answer", query("refuses")),
    Row("pings while it waits", query("waits")),
    # the other types
    Row("settings", SETTINGS),
    Row("feedback", FEEDBACK),
    Row("dislike", {**FEEDBACK, "feedback_type": "dislike"}),
    Row("reaction", REACTION),
    Row("reaction with action", {**REACTION, "reaction": "+👍", "action": "added"}),
    Row("report_error", ERROR),
    Row("settings that raise", SETTINGS, path="/broken"),
    Row("feedback that raises an HTTPException", FEEDBACK, path="/broken"),
    Row("a reaction that raises", REACTION, path="/broken"),
    Row("report_error that raises", ERROR, path="/broken"),
    Row("an unknown type", {**IDS, "type": "dance"}),
    Row("an unknown type, wrong key", {**IDS, "type": "dance"}, path="/keyed"),
    # keys
    Row("the right key", query("tells_the_request"), path="/keyed", headers=RIGHT),
    Row("a wrong key", SETTINGS, path="/keyed"),
    Row("no key", SETTINGS, path="/keyed", headers={}),
    Row("no key, a bad body", b"{", path="/keyed", headers={}),
    Row("Basic", SETTINGS, path="/keyed", headers={"Authorization": f"Basic {KEY}"}),
    Row("bearer in small letters", SETTINGS, path="/keyed",
        headers={"Authorization": f"bearer {KEY}"}),
    Row("Bearer alone", SETTINGS, path="/keyed", headers={"Authorization": "Bearer"}),
    Row("the key alone", SETTINGS, path="/keyed", headers={"Authorization": KEY}),
    Row("two spaces", SETTINGS, path="/keyed", headers={"Authorization": f"Bearer  {KEY}"}),
    Row("a key too long", SETTINGS, path="/keyed", headers={"Authorization": f"Bearer {KEY}k"}),
    Row("an open bot and no header", SETTINGS, headers={}, ours=200, because=OPEN),
    Row("an open bot and Basic", SETTINGS, headers={"Authorization": "Basic x"}, ours=200,
        because=OPEN),
    # bodies
    Row("no body", b"", ours=400, because=REASON),
    Row("no JSON", b"{'a': 1}", ours=400, because=REASON),
    Row("cut JSON", b'{"type": "settings"', ours=400, because=REASON),
    Row("a list", [], ours=400, because=REASON),
    Row("null", b"null", ours=400, because=REASON),
    Row("a string", b'"settings"', ours=400, because=REASON),
    Row("no type", {"version": "1.2"}, ours=400, because=REASON),
    Row("a type of null", {"type": None}, ours=400,
        because="a type that is no string is a bad body; fastapi_poe answers 501"),
    Row("a type of number", {"type": 7}, ours=400,
        because="a type that is no string is a bad body; fastapi_poe answers 501"),
    Row("no version", {"type": "settings"}, ours=400, because=REASON),
    Row("a query without query", {**IDS, "type": "query"}, ours=400, because=REASON),
    Row("a query that is no list", query("", query="x"), ours=400, because=REASON),
    Row("a message without role", query("", query=[{"content": "x"}]), ours=400, because=REASON),
    Row("an unknown role", query("", query=[{"role": "king", "content": "x"}]), ours=400,
        because=REASON),
    Row("an empty query", query("", query=[])),
    Row("unknown keys", query("hello", colour="red")),
    Row("feedback of no kind", {**FEEDBACK, "feedback_type": "meh"}, ours=400, because=REASON),
    Row("a reaction without one", {**IDS, "type": "report_reaction"}, ours=400, because=REASON),
    Row("an error without message", {"version": "1.2", "type": "report_error"}, ours=400,
        because=REASON),
    Row("not UTF-8", b'{"type": "settings", "version": "\xff"}', ours=400, because=REASON),
    Row("UTF-16", json.dumps(SETTINGS).encode("utf-16")),
    Row("a byte order mark", b"\xef\xbb\xbf" + json.dumps(SETTINGS).encode()),
    Row("NaN", query("hello", temperature=float("nan"))),
    Row("nested without end", b"[" * 100_000, ours=400, because=REASON),
    Row("a key twice", b'{"type": "x", "type": "settings", "version": "1.2"}'),
    Row("five megabytes", query("x" * 5_000_000)),
    Row("a body over the bound", query("x" * (MAX_BODY + 1)), ours=413,
        because="bodies are bounded, so that a dev server can't be filled up"),
    Row("a body in chunks", query("hello"), chunked=True),
    Row("a packed body", gzip.compress(json.dumps(SETTINGS).encode()),
        headers={**BEARER, "Content-Encoding": "gzip"}, ours=400, because=REASON),
    # the request as the bot sees it
    Row("parameters, cookies, headers", query("tells_the_request"), path="/?a=1&b=%C3%A9&a=2",
        headers={**BEARER, "Cookie": "c=d; e=f", "X-Odd": "ü", "Content-Type": "text/plain"}),
    Row("behind a proxy", query("tells_the_request"), path="/deep/er",
        headers={**BEARER, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}),
    Row("a header of 30 kB", SETTINGS, headers={**BEARER, "X-Long": "x" * 30_000}),
    Row("a path of 30 kB", SETTINGS, path="/?x=" + "x" * 30_000),
    Row("Expect", SETTINGS, headers={**BEARER, "Expect": "100-continue"}),
    # methods and paths
    Row("GET", method="GET"),
    Row("GET without a key", method="GET", path="/keyed", headers={}),
    Row("HEAD", method="HEAD"),
    Row("PUT", SETTINGS, method="PUT"),
    Row("DELETE", method="DELETE"),
    Row("OPTIONS", method="OPTIONS"),
    Row("POST elsewhere", SETTINGS, path="/nowhere"),
    Row("GET elsewhere", method="GET", path="/nowhere"),
    Row("a deeper path", query("hello"), path="/deep/er"),
    Row("a slash too many", SETTINGS, path="/deep/er/"),
    Row("an escaped path", SETTINGS, path="/%64eep/er"),
    # the author's own routes
    Row("the author's GET", method="GET", path="/health"),
    Row("the author's POST", b"as it is", path="/body"),
    Row("the author's POST in chunks", {"a": 1}, path="/body", chunked=True),
    Row("cookies twice", method="GET", path="/cookies"),
    Row("a stream of the author's", method="GET", path="/stream"),
    Row("a route that raises", method="GET", path="/fails"),
    Row("the documentation", method="GET", path="/openapi.json"),
]  # fmt: skip


@dataclass(frozen=True)
class Both:
    """The addresses of the two servers."""

    theirs: str
    ours: str


@pytest.fixture(scope="module")
def servers() -> Iterator[Both]:
    """fastapi_poe's server and ours, each in a process of its own, with the same bot file."""
    with serving("theirs") as theirs, serving("ours") as ours:
        yield Both(theirs, ours)


@contextmanager
def serving(kind: str) -> Iterator[str]:
    command = python("-m", "tests.hosting.one_server", kind, str(FILE), str(PING), str(MAX_BODY))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate()


async def send(base: str, row: Row) -> Answer:
    body = row.body if isinstance(row.body, bytes | None) else json.dumps(row.body).encode()
    headers = {"Content-Type": "application/json", "Host": "bot.example", **row.headers}
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            row.method, base + row.path, data=_data(body, chunked=row.chunked),
            headers=headers, allow_redirects=False,
        ) as response,
    ):  # fmt: skip
        content = await response.read()
        found = {name: response.headers.getall(name, []) for name in COMPARED}
        is_stream = response.content_type == "text/event-stream"
        return Answer(
            status=response.status,
            headers={name: values for name, values in found.items() if values},
            content=_events(content) if is_stream else content,
            pinged=b": ping - 20" in content,
        )


def _data(body: bytes | None, *, chunked: bool) -> Any:
    if body is None:
        return None
    return _chunks(body) if chunked else io.BytesIO(body)


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 7):
        yield body[start : start + 7]


def _events(content: bytes) -> list[bytes]:
    return [part for part in content.split(b"\r\n\r\n") if not part.startswith(b": ping - ")]


def wanted(row: Row, reference: Answer, ours: Answer) -> bool:
    """Whether two answers agree, or differ as the row says."""
    if row.ours is None:
        return reference == ours
    return ours.status == row.ours and reference.status != ours.status


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_our_server_answers_as_fastapi_poe_does(servers: Both, row: Row) -> None:
    """Status, headers that count, events and their order are the same, or the row says why not."""
    theirs = await send(servers.theirs, row)
    ours = await send(servers.ours, row)

    assert wanted(row, theirs, ours), f"{theirs}\n{ours}"


async def test_both_ping_while_a_bot_waits(servers: Both) -> None:
    """As comments between its events, with the time in them."""
    row = Row("waits", query("waits"))

    assert [(await send(base, row)).pinged for base in (servers.theirs, servers.ours)] == [True] * 2


def test_every_difference_has_a_reason() -> None:
    """The table is large enough, and no row differs without saying why."""
    assert len(ROWS) >= 60
    assert [row.id for row in ROWS if (row.ours is None) != (not row.because)] == []
