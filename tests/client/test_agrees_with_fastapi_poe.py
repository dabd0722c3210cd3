"""Our client and fastapi_poe's, on the same streams: the same answers, or a reason.

A row is a stream, cut into the pieces the server sends. ``told`` is what a caller is told by
either: texts, replacements, files, suggested replies, json, tool calls, meta; then "done" or
"failed". Where the two differ, the row says what fastapi_poe tells and why ours is another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import fastapi_poe as fp
import pytest
from fastapi_poe.client import stream_request

from poecli.client.bot_query import NO_RETRY, get_bot_response
from poecli.errors import PoeCliError
from tests.scripted import DONE, Answer, event, scripted_server, text

TOOL = fp.ToolDefinition.model_validate(
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Adds two numbers.",
            "parameters": {"type": "object", "properties": {"a": {}, "b": {}}},
        },
    }
)

MESSAGE = fp.ProtocolMessage(role="user", content="hi")
QUERY = fp.QueryRequest(
    version="1.2", type="query", query=[MESSAGE], user_id="", conversation_id="", message_id=""
)

Told = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Stream:
    """One stream and what both clients tell of it; ``fp`` where fastapi_poe tells otherwise."""

    id: str
    pieces: list[bytes]
    told: Told
    fp: Told | None = None
    reason: str = ""
    end: str = "close"
    tools: bool = False
    content_type: str = "text/event-stream"
    status: int = 200

    @property
    def answers(self) -> tuple[Answer]:
        return (Answer(self.pieces, self.status, self.content_type, end=self.end),)


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    return event("json", {"choices": [{"delta": delta, "finish_reason": finish}], **more})


def call(arguments: str, **first: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": "add"} if first else {})}
    return {"index": 0, **first, "function": function}


FILE = {"url": "https://f/1", "content_type": "image/png", "name": "a.png"}
META = {"content_type": "text/plain", "suggested_replies": True, "linkify": True}
META_TOLD = ("meta", "text/plain", True, True)
CHUNK = {"choices": [{"delta": {"content": "x"}, "finish_reason": None}]}
FILE_TOLD = ("file", "https://f/1", "image/png", "a.png", None)
A, B = ("text", "a"), ("text", "b")
OK, FAILED = ("done",), ("failed",)
UTF8 = 'event: text\ndata: {"text": "é"}\n\n'.encode()
ALL = text("a") + text("b") + DONE

STREAMS = [
    # every event
    Stream("text", [text("a"), text("b"), DONE], [A, B, OK]),
    Stream("empty-text", [text(""), DONE], [("text", ""), OK]),
    Stream("large-text", [text("x" * 300_000), DONE], [("text", "x" * 300_000), OK]),
    Stream(
        "replace",
        [text("a"), event("replace_response", {"text": "b"}), DONE],
        [A, ("replace", "b"), OK],
    ),
    Stream("file-only", [event("file", FILE), DONE], [FILE_TOLD, OK]),
    Stream(
        "inline-file",
        [event("file", {**FILE, "inline_ref": "r"}), text("a"), DONE],
        [(*FILE_TOLD[:4], "r"), A, OK],
    ),
    Stream(
        "inline-ref-of-a-wrong-type",
        [event("file", {**FILE, "inline_ref": 3}), text("a"), DONE],
        [FILE_TOLD, A, OK],
    ),
    Stream(
        "suggested-reply",
        [text("a"), event("suggested_reply", {"text": "r"}), DONE],
        [A, ("reply", "r"), OK],
    ),
    Stream("meta", [event("meta", META), text("a"), DONE], [META_TOLD, A, OK]),
    Stream(
        "empty-meta",
        [event("meta", {}), text("a"), DONE],
        [("meta", "text/markdown", False, False), A, OK],
    ),
    Stream(
        "meta-of-a-wrong-type",
        [event("meta", {"suggested_replies": "yes"}), text("a"), DONE],
        [A, OK],
    ),
    Stream("json", [event("json", CHUNK), DONE], [("json", CHUNK), OK]),
    Stream("any-json", [event("json", {"x": 1}), DONE], [("json", {"x": 1}), OK]),
    Stream("data", [text("a"), event("data", {"metadata": "m"}), DONE], [A, OK]),
    Stream("ping", [event("ping", {}), text("a"), event("ping", {}), DONE], [A, OK]),
    Stream("comment", [b": hi\n\n", text("a"), b":x\n", DONE], [A, OK]),
    Stream("unknown", [text("a"), event("new", {"x": 1}), text("b"), DONE], [A, B, OK]),
    Stream("nameless", [b"data: {}\n\n", text("b"), DONE], [B, OK]),
    Stream("done-only", [DONE], [OK]),
    # odd orders
    Stream("late-meta", [text("a"), event("meta", META), DONE], [A, OK]),
    Stream("text-after-done", [text("a"), DONE, text("b")], [A, OK]),
    Stream("two-dones", [text("a"), DONE, DONE], [A, OK]),
    Stream("text-after-error", [event("error", {"text": "no"}), text("a"), DONE], [FAILED]),
    # several answers in one
    Stream(
        "index",
        [
            text("a", index=0),
            text("b", index=1),
            event("replace_response", {"text": "c", "index": 1}),
            event("file", {**FILE, "index": 1}),
            event("json", {"x": 1, "index": 2}),
            event("suggested_reply", {"text": "r", "index": 0}),
            DONE,
        ],
        [
            (*A, 0),
            (*B, 1),
            ("replace", "c", 1),
            (*FILE_TOLD, 1),
            ("json", {"x": 1, "index": 2}, 2),
            ("reply", "r", 0),
            OK,
        ],
    ),
    Stream("index-of-a-wrong-type", [text("a", index="1"), DONE], [A, OK]),
    # errors
    Stream(
        "error-with-retry",
        [text("a"), event("error", {"text": "no", "allow_retry": True}), DONE],
        [A, FAILED],
    ),
    Stream(
        "error-without-retry",
        [text("a"), event("error", {"text": "no", "allow_retry": False}), DONE],
        [A, FAILED],
    ),
    Stream("error-of-nulls", [event("error", {"text": None}), DONE], [FAILED]),
    Stream("error-of-no-json", [b"event: error\ndata: no\n\n", DONE], [FAILED]),
    # data that can't be used
    Stream("text-null", [event("text", {"text": None}), DONE], [FAILED]),
    Stream("text-missing", [event("text", {}), DONE], [FAILED]),
    Stream("text-a-list", [event("text", [1]), DONE], [FAILED]),
    Stream("text-no-json", [b"event: text\ndata: {x}\n\n", DONE], [FAILED]),
    Stream("text-nested-deep", [b"event: text\ndata: " + b"[" * 99_999 + b"\n\n"], [FAILED]),
    Stream("file-without-name", [event("file", {"url": "u", "content_type": "t"})], [FAILED]),
    Stream("json-a-list", [event("json", [1]), DONE], [FAILED]),
    Stream("done-without-data", [text("a"), b"event: done\n\n"], [A, FAILED]),
    Stream("done-no-json", [text("a"), b"event: done\ndata: x\n\n"], [A, FAILED]),
    Stream("done-a-list", [text("a"), b"event: done\ndata: []\n\n"], [A, FAILED]),
    # the form of the stream
    Stream("crlf", [ALL.replace(b"\n", b"\r\n")], [A, B, OK]),
    Stream("cr", [ALL.replace(b"\n", b"\r")], [A, B, OK]),
    Stream(
        "crlf-cut", [text("a").replace(b"\n", b"\r\n")[:-1], b"\n" + text("b") + DONE], [A, B, OK]
    ),
    Stream("byte-by-byte", [bytes([byte]) for byte in ALL], [A, B, OK]),
    Stream("cut-in-a-character", [UTF8[:30], UTF8[30:], DONE], [("text", "é"), OK]),
    Stream(
        "bad-utf-8",
        [b'event: text\ndata: {"text": "\xff\xfe"}\n\n', DONE],
        [("text", "\ufffd\ufffd"), OK],
    ),
    Stream(
        "lone-surrogate",
        [b'event: text\ndata: {"text": "\\ud83d"}\n\n', DONE],
        [("text", "\ufffd"), OK],
        fp=[("text", "\ud83d"), OK],
        reason="half a surrogate pair can be neither printed nor kept",
    ),
    Stream(
        "line-separators-of-unicode",
        ['event: text\ndata: {"text": "a\u2028b\u0085c"}\n\n'.encode(), DONE],
        [("text", "a\u2028b\u0085c"), OK],
    ),
    Stream("data-on-two-lines", [b'event: text\ndata: {"text":\ndata: "a"}\n\n', DONE], [A, OK]),
    Stream("no-space-after-colon", [b'event:text\ndata:{"text":"a"}\n\n', DONE], [A, OK]),
    Stream("id", [b"id: 1\n" + text("a"), text("b"), DONE], [A, B, OK]),
    Stream("retry", [b"retry: 10\n" + text("a"), DONE], [A, OK]),
    Stream("charset", [text("a"), DONE], [A, OK], content_type="text/event-stream; charset=utf-8"),
    # broken off
    Stream("cut", [text("a")], [A, FAILED], end="cut"),
    Stream("cut-in-an-event", [text("a"), b'event: text\ndata: {"t'], [A, FAILED], end="cut"),
    Stream("no-stream", [b"<html>"], [FAILED], content_type="text/html"),
    Stream("refused", [b"{}"], [FAILED], content_type="application/json", status=401),
    # tools
    Stream(
        "tools-content",
        [chunk({"content": "a"}), chunk({"content": "b"}), chunk({}, "stop"), DONE],
        [A, B, OK],
        tools=True,
    ),
    Stream(
        "tools-calls",
        [
            chunk({"role": "assistant"}),
            chunk({"tool_calls": [call("", id="c", type="function")]}),
            chunk({"tool_calls": [call('{"a": 1}')]}),
            chunk({}, "tool_calls"),
            DONE,
        ],
        [
            ("call", (0, "c", "function", "add", "")),
            ("call", (0, None, None, None, '{"a": 1}')),
            OK,
        ],
        tools=True,
    ),
    Stream(
        "tools-content-of-the-last-chunk",
        [chunk({"content": "a"}), chunk({"content": "left out"}, "stop"), DONE],
        [A, OK],
        tools=True,
    ),
    Stream("tools-text", [text("a"), DONE], [A, OK], tools=True),
    Stream("tools-index", [chunk({"content": "a"}, index=2), DONE], [(*A, 2), OK], tools=True),
    Stream(
        "tools-other-json",
        [event("json", {"choices": []}), event("json", {"y": 1}), DONE],
        [("json", {"choices": []}), ("json", {"y": 1}), OK],
        tools=True,
    ),
    # --- where the two differ ---
    Stream(
        "no-done",
        [text("a")],
        [A, FAILED],
        fp=[A, OK],
        reason="an answer without `done` may be half an answer, so ours says so",
    ),
    Stream("nothing", [], [FAILED], fp=[OK], reason="as no-done"),
    Stream(
        "done-without-its-empty-line",
        [text("a"), b"event: done\ndata: {}\n"],
        [A, FAILED],
        fp=[A, OK],
        reason="as no-done: the standard drops an event that is not closed by an empty line",
    ),
    Stream(
        "bom",
        [b"\xef\xbb\xbf" + text("a"), DONE],
        [A, OK],
        fp=[OK],
        reason="the standard skips a byte order mark; httpx-sse takes it for part of a field name",
    ),
    Stream(
        "comment-after-id",
        [b"id: 1\n" + text("a"), b": keep\n\n", text("b"), DONE],
        [A, B, OK],
        fp=[A, FAILED],
        reason="httpx-sse makes an empty event of each empty line once it has seen an id",
    ),
    Stream(
        "retry-alone",
        [b"retry: 10\n\n", text("a"), DONE],
        [A, OK],
        fp=[FAILED],
        reason="httpx-sse makes an event of a `retry` without data",
    ),
    Stream(
        "charset-latin-1",
        [UTF8, DONE],
        [("text", "é"), OK],
        fp=[("text", "Ã©"), OK],
        content_type="text/event-stream; charset=latin-1",
        reason="the standard decodes every event stream as UTF-8, whatever the header says",
    ),
    Stream(
        "unknown-without-json",
        [text("a"), b"event: new\ndata: hello\n\n", text("b"), DONE],
        [A, B, OK],
        fp=[A, FAILED],
        reason="an unknown event is ignored, so its data need not be JSON",
    ),
    Stream(
        "ping-with-a-time",
        [b"event: ping\ndata: 2024\n\n", text("a"), DONE],
        [A, OK],
        fp=[FAILED],
        reason="as unknown-without-json; sse-starlette sends such pings",
    ),
    Stream(
        "meta-after-ping",
        [event("ping", {}), event("meta", META), text("a"), DONE],
        [META_TOLD, A, OK],
        fp=[A, OK],
        reason="a ping means nothing, so it does not make `meta` the second event",
    ),
    Stream(
        "meta-of-a-new-content-type",
        [event("meta", {"content_type": "text/new"}), text("a"), DONE],
        [("meta", "text/new", False, False), A, OK],
        fp=[FAILED],
        reason="how to show an answer is no reason to lose it",
    ),
    Stream(
        "meta-no-json",
        [b"event: meta\ndata: x\n\n", text("a"), DONE],
        [A, OK],
        fp=[FAILED],
        reason="as meta-of-a-new-content-type",
    ),
    Stream(
        "index-a-boolean",
        [text("a", index=True), DONE],
        [A, OK],
        fp=[(*A, 1), OK],
        reason="true is no number in JSON",
    ),
    Stream(
        "tools-content-null",
        [chunk({"content": None}), chunk({"content": "b"}), DONE],
        [B, OK],
        fp=[FAILED],
        tools=True,
        reason="OpenAI's first chunk has content null; fastapi_poe's model refuses it",
    ),
    Stream(
        "tools-without-finish-reason",
        [event("json", {"choices": [{"delta": {"content": "a"}}]}), DONE],
        [A, OK],
        fp=[FAILED],
        tools=True,
        reason="a chunk without finish_reason has not finished; fastapi_poe raises KeyError",
    ),
]


def told_of(piece: Any) -> tuple[Any, ...]:
    """What one piece tells; both libraries' pieces have the same attributes."""
    if hasattr(piece, "suggested_replies"):
        return ("meta", piece.content_type, piece.suggested_replies, piece.linkify)
    index = () if piece.index is None else (piece.index,)
    if piece.attachment is not None:
        file = piece.attachment
        return ("file", file.url, file.content_type, file.name, file.inline_ref, *index)
    if piece.tool_calls:
        return ("call", *map(call_told, piece.tool_calls), *index)
    if piece.data is not None:
        return ("json", dict(piece.data), *index)
    if piece.is_suggested_reply:
        return ("reply", piece.text, *index)
    return ("replace" if piece.is_replace_response else "text", piece.text, *index)


def call_told(delta: Any) -> tuple[Any, ...]:
    return (delta.index, delta.id, delta.type, delta.function.name, delta.function.arguments)


async def told_by(pieces: AsyncIterator[Any], failure: type[Exception]) -> Told:
    told: Told = []
    try:
        async for piece in pieces:
            told.append(told_of(piece))
    except failure:
        return [*told, FAILED]
    return [*told, OK]


def ignore(error: Exception, message: str) -> None:
    """fastapi_poe prints its errors unless it is told not to."""


async def ours(stream: Stream) -> Told:
    async with scripted_server(*stream.answers) as server:
        pieces = get_bot_response(
            [MESSAGE],
            "b",
            "k",
            tools=[TOOL] if stream.tools else None,
            base_url=server.url,
            retry=NO_RETRY,
        )
        return await told_by(pieces, PoeCliError)


async def theirs(stream: Stream) -> Told:
    async with scripted_server(*stream.answers) as server:
        pieces = stream_request(
            QUERY,
            "b",
            "k",
            tools=[TOOL] if stream.tools else None,
            base_url=f"{server.url}/bot/",
            num_tries=1,
            on_error=ignore,
        )
        # A chunk of an unforeseen form ends in pydantic's ValidationError or a KeyError there.
        return await told_by(pieces, Exception)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.id)
async def test_our_client_tells_what_the_stream_says(stream: Stream) -> None:
    """Our client tells a caller what the row says."""
    assert await ours(stream) == stream.told


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.id)
async def test_fastapi_poe_tells_the_same(stream: Stream) -> None:
    """fastapi_poe tells the same, or what the row gives with a reason."""
    expected = stream.told if stream.fp is None else stream.fp
    assert await theirs(stream) == expected
    assert bool(stream.reason) == (stream.fp is not None)


async def add(a: int, b: int) -> int:
    return a + b


async def test_a_round_of_tools_sends_and_tells_the_same() -> None:
    """With tool_executables both send the same calls and results, and tell the same answer."""
    asks = Answer(
        [
            chunk({"tool_calls": [call("", id="c", type="function")]}),
            chunk({"tool_calls": [call('{"a": 1, "b": 2}')]}),
            chunk({}, "tool_calls"),
            DONE,
        ]
    )
    says = Answer([text("three"), chunk({"content": "left as it is"}), DONE])
    async with scripted_server(asks, says) as server:
        pieces = get_bot_response(
            [MESSAGE], "b", "k", tools=[TOOL], tool_executables=[add], base_url=server.url
        )
        told, sent = await told_by(pieces, PoeCliError), server.requests[1].json
    async with scripted_server(asks, says) as server:
        theirs = stream_request(
            QUERY, "b", "k", tools=[TOOL], tool_executables=[add], base_url=f"{server.url}/bot/"
        )
        assert await told_by(theirs, fp.BotError) == told
        for key in ("tool_calls", "tool_results"):
            assert server.requests[1].json[key] == sent[key]
    assert told[0] == ("text", "three")


async def test_a_cut_answer_is_not_asked_for_twice() -> None:
    """fastapi_poe repeats a cut stream behind its first part; ours says that it was cut."""
    cut, whole = Answer([text("Hello wor")], end="cut"), Answer([text("Hello world"), DONE])
    async with scripted_server(cut, whole) as server:
        pieces = stream_request(
            QUERY, "b", "k", base_url=f"{server.url}/bot/", on_error=ignore, retry_sleep_time=0
        )
        assert await told_by(pieces, fp.BotError) == [
            ("text", "Hello wor"),
            ("text", "Hello world"),
            OK,
        ]
    async with scripted_server(cut, whole) as server:
        told = await told_by(
            get_bot_response([MESSAGE], "b", "k", base_url=server.url), PoeCliError
        )
    assert told == [("text", "Hello wor"), FAILED]
