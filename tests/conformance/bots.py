"""A sound bot on bare aiohttp, and ways to break it: each class breaks one rule."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from poecli.conformance.probes.bounds import Bounds
from tests import servers
from tests.scripted import DONE, event, text

KEY = "made-up-access-key-for-the-tests"
SETTINGS: dict[str, Any] = {"response_version": 2, "allow_attachments": True}
CONTROLS: dict[str, Any] = {
    "api_version": "2",
    "sections": [
        {
            "name": "One",
            "controls": [
                {
                    "control": "slider",
                    "label": "Size",
                    "parameter_name": "size",
                    "min_value": 1,
                    "max_value": 9,
                    "step": 1,
                    "default_value": 5,
                }
            ],
        }
    ],
}
ROLES = {"system", "user", "bot", "tool"}


class Bot:
    """Answers with the user's words. Keeps every rule."""

    settings: Mapping[str, Any] = SETTINGS
    bounds = Bounds()  # what it is held against

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != "POST":
            return self.on_get()
        refused = self.refuse(request.headers.get("Authorization"))
        if refused:
            return web.Response(status=refused)
        try:
            body = await request.json()
        except ValueError:
            return self.on_broken_json()
        return await self.on_request(request, body)

    async def on_request(self, request: web.Request, body: Any) -> web.StreamResponse:
        kind = body.get("type")
        if kind == "settings":
            return await self.on_settings()
        if kind in ("report_feedback", "report_reaction", "report_error"):
            return self.on_report()
        if kind != "query":
            return self.on_unknown_type()
        if "query" not in body:
            return self.on_bad_request()
        return await self.on_query(request, body)

    def refuse(self, authorization: str | None) -> int:
        return 0 if authorization == f"Bearer {KEY}" else 401

    def on_get(self) -> web.StreamResponse:
        return web.Response(text="A bot.")

    def on_broken_json(self) -> web.StreamResponse:
        return web.Response(status=400)

    def on_bad_request(self) -> web.StreamResponse:
        return web.Response(status=400)

    def on_unknown_type(self) -> web.StreamResponse:
        return web.Response(status=501)

    def on_report(self) -> web.StreamResponse:
        return web.json_response({})

    async def on_settings(self) -> web.StreamResponse:
        return web.json_response(self.settings)

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for piece in self.answer(body):
            await response.write(piece)
        return response

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        yield text(body["query"][-1]["content"])
        yield DONE


@asynccontextmanager
async def serving(bot: Bot) -> AsyncIterator[str]:
    """The bot's URL, on a free port of the loopback."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/", bot.handle)
    async with servers.serving(app) as url:
        yield f"{url}/"


class Says(Bot):
    """Answers every question with the same bytes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        del body
        for piece in self.pieces:
            yield piece


class SaysAtFirst(Says):
    """Answers the first question with these bytes, and every other with a word."""

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        async for piece in super().answer(body):
            yield piece
        self.pieces = (HI, DONE)


class SaysWithControls(Says):
    settings: Mapping[str, Any] = {**SETTINGS, "parameter_controls": CONTROLS}


class Fails(Bot):
    """Answers 500 to a query that ``dislikes`` picks out."""

    def dislikes(self, body: Any) -> bool:
        raise NotImplementedError

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        if self.dislikes(body):
            return web.Response(status=500)
        return await super().on_query(request, body)


class HasSettings(Bot):
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings


class RefusesItsKey(Bot):
    def refuse(self, authorization: str | None) -> int:
        del authorization
        return 401


class TakesAnyKey(Bot):
    def refuse(self, authorization: str | None) -> int:
        return 0 if authorization else 401


class Opens(Bot):
    def refuse(self, authorization: str | None) -> int:
        del authorization
        return 0


class Refuses(Bot):
    """Refuses any other key, and none, in a way of its own."""

    def __init__(self, status: int) -> None:
        self.status = status

    def refuse(self, authorization: str | None) -> int:
        return 0 if authorization == f"Bearer {KEY}" else self.status


class RefusesInWords(Opens):
    """Refuses any other key, and none, with an `error` event."""

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        self.known = request.headers.get("Authorization") == f"Bearer {KEY}"
        return await super().on_query(request, body)

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        yield text(body["query"][-1]["content"]) if self.known else event("error", {"text": "no"})
        yield DONE


class NeedsNoKey(Bot):
    def refuse(self, authorization: str | None) -> int:
        return 0 if authorization in (None, f"Bearer {KEY}") else 401


class AnswersJson(Bot):
    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        del request, body
        return web.json_response({"text": "hello"})


class FailsAtSettings(Bot):
    async def on_settings(self) -> web.StreamResponse:
        return web.Response(status=500)


class FailsAtReports(Bot):
    def on_report(self) -> web.StreamResponse:
        return web.Response(status=404)


class FailsAtUnknownType(Bot):
    def on_unknown_type(self) -> web.StreamResponse:
        return web.Response(status=500)


class FailsAtBrokenJson(Bot):
    def on_broken_json(self) -> web.StreamResponse:
        return web.Response(status=500)


class FailsAtBadRequest(Bot):
    def on_bad_request(self) -> web.StreamResponse:
        return web.Response(status=500)


class FailsAtGet(Bot):
    def on_get(self) -> web.StreamResponse:
        return web.Response(status=500)


class FailsAtUnknownFields(Fails):
    def dislikes(self, body: Any) -> bool:
        return "added" in body


class FailsAtTools(Fails):
    def dislikes(self, body: Any) -> bool:
        return any(message["role"] == "tool" for message in body["query"])


class FailsAtAttachments(Fails):
    def dislikes(self, body: Any) -> bool:
        return bool(body["query"][-1]["attachments"])


class FailsWithoutParameters(Fails):
    settings: Mapping[str, Any] = {**SETTINGS, "parameter_controls": CONTROLS}

    def dislikes(self, body: Any) -> bool:
        return "size" not in body["query"][-1]["parameters"]


class FailsAtTheEnd(Fails):
    settings: Mapping[str, Any] = {**SETTINGS, "parameter_controls": CONTROLS}

    def dislikes(self, body: Any) -> bool:
        return bool(body["query"][-1]["parameters"].get("size", 5) == 9)


class FailsBeyondAscii(Fails):
    def dislikes(self, body: Any) -> bool:
        return not all(message["content"].isascii() for message in body["query"])


class FailsAtLongHistory(Fails):
    def dislikes(self, body: Any) -> bool:
        return len(body["query"]) > 500


class FailsAtRepeats(Fails):
    def __init__(self) -> None:
        self.seen: set[str] = set()

    def dislikes(self, body: Any) -> bool:
        known = body["message_id"] in self.seen
        self.seen.add(body["message_id"])
        return known


class DiesOfHangUps(Bot):
    """Fails at the question after a client left in the middle of an answer."""

    dead = False

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        if self.dead:
            self.dead = False
            return web.Response(status=500)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        whole = body["query"][-1]["content"]
        self.dead = len(whole) > 1_000
        await response.write(text(whole[:9]))
        await asyncio.sleep(0.1)  # the client leaves here
        await response.write(text(whole[9:]) + DONE)
        self.dead = False
        return response


class MixesUsersUp(Bot):
    """Keeps the question in the bot object."""

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        self.question = body["query"][-1]["content"]
        await asyncio.sleep(0.05)  # asks a model
        yield text(self.question)
        yield DONE


class CutsSlowReaders(Bot):
    """Drops the connection of whoever does not read a long answer at once."""

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        piece = text("x" * 200_000)  # more in all than the buffers between us hold
        for _ in range(100 if len(body["query"][-1]["content"]) > 1_000 else 0):
            try:
                await asyncio.wait_for(response.write(piece), 0.02)
            except asyncio.TimeoutError:
                assert request.transport is not None
                request.transport.abort()
                return response
        await response.write(text("short") + DONE)
        return response


class StartsLate(Bot):
    """Takes its time for the first question."""

    bounds = Bounds(first_event=1)
    seconds = 1.1

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        del body
        seconds, self.seconds = self.seconds, 0
        await asyncio.sleep(seconds)
        yield text("at last")
        yield DONE


class SaysMetaAlone(Bot):
    """Begins with `meta`, and has nothing to show for a while: then text, or never."""

    bounds = Bounds(first_content=0.05)

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        yield self.first
        await asyncio.sleep(0.1)
        async for piece in super().answer(body):
            yield piece

    def __init__(self, first: bytes) -> None:
        self.first = first


class FallsSilent(SaysMetaAlone):
    """Says a first word, and then pings."""

    bounds = Bounds(silence=0.05)

    def __init__(self) -> None:
        super().__init__(text("well,"))

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        async for piece in super().answer(body):
            yield piece
            yield event("ping", {}) + b": a comment\n\n"


class SettlesLate(Bot):
    """Looks something up before it says its settings."""

    bounds = Bounds(settings=1)

    async def on_settings(self) -> web.StreamResponse:
        await asyncio.sleep(1.1)
        return await super().on_settings()


class EndsLate(StartsLate):
    """Begins its first answer at once, and takes its time over the rest."""

    bounds = Bounds(answer=1)

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        yield text("well,")
        async for piece in super().answer(body):
            yield piece


class LeavesOut(Bot):
    """Says everything, or half of it, and ends the HTTP message as it should not."""

    def __init__(self, ending: str, *, done: bool) -> None:
        self.ending = ending
        self.done = done

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        if self.ending == "content-length":
            response.content_length = 100_000
        await response.prepare(request)
        said = text(body["query"][-1]["content"])
        await response.write(said + DONE if self.done else said)
        await asyncio.sleep(0.05)  # or the reset would overtake the text
        assert request.transport is not None
        if self.ending == "reset":
            raw = request.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.close()
        return response


ENDINGS = ("last-chunk", "content-length", "reset")


class LivesElsewhere(Bot):
    """Is reached by http, on what the check takes for another machine."""

    bounds = Bounds(this_machine=lambda _: False)


class SendsTooMuch(Bot):
    """Sends a file whose host says that it is 60 MB large."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == "HEAD":
            return web.Response(headers={"Content-Length": "60000000"})
        return await super().handle(request)

    async def on_query(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        del body
        file = {"url": str(request.url), "content_type": "video/mp4", "name": "film.mp4"}
        await response.write(text("Here.") + event("file", file) + DONE)
        return response


META_ON = event("meta", {"content_type": "text/markdown", "suggested_replies": True})
REPLY = event("suggested_reply", {"text": "a"})
FILE = event("file", {"url": "https://h/f", "content_type": "text/plain", "name": "f"})
SDK_ERROR = event(
    "error",
    {
        "text": "The bot encountered an unexpected issue.",
        "raw_response": "KeyError('x')",
        "allow_retry": False,
    },
)
HI = text("hi")

# (the rule, a bot that breaks it and no other)
BROKEN: list[tuple[str, Bot]] = [
    ("key-refused", RefusesItsKey()),
    ("wrong-key-accepted", TakesAnyKey()),
    ("missing-key-accepted", NeedsNoKey()),
    ("query-refused", AnswersJson()),
    ("settings-refused", FailsAtSettings()),
    ("report-refused", FailsAtReports()),
    ("unknown-type-not-501", FailsAtUnknownType()),
    ("unknown-field-refused", FailsAtUnknownFields()),
    ("role-refused", FailsAtTools()),
    ("broken-json-5xx", FailsAtBrokenJson()),
    ("bad-request-5xx", FailsAtBadRequest()),
    ("get-fails", FailsAtGet()),
    ("attachments-break", FailsAtAttachments()),
    ("parameters-missing-break", FailsWithoutParameters()),
    ("parameter-value-breaks", FailsAtTheEnd()),
    ("long-history-breaks", FailsAtLongHistory()),
    ("non-ascii-breaks", FailsBeyondAscii()),
    ("repeated-message-breaks", FailsAtRepeats()),
    ("hang-up-ignored", DiesOfHangUps()),
    ("users-mixed-up", MixesUsersUp()),
    ("slow-reader-breaks", CutsSlowReaders()),
    ("first-event-late", StartsLate()),
    ("first-content-late", SaysMetaAlone(event("meta", {}))),
    ("first-content-late", SaysMetaAlone(b": a comment\n\n")),
    ("first-content-late", SaysMetaAlone(text(""))),
    ("silent-gap", FallsSilent()),
    ("settings-late", SettlesLate()),
    ("answer-too-slow", EndsLate()),
    ("url-not-https", LivesElsewhere()),
    ("file-too-large", SendsTooMuch()),
    ("meta-not-first", Says(HI, event("meta", {}), DONE)),
    ("event-after-error", Says(event("error", {"text": "no"}), HI, DONE)),
    ("event-after-done", Says(HI, DONE, HI)),
    ("no-done", Says(HI)),
    *(("no-done", LeavesOut(ending, done=False)) for ending in ENDINGS),
    ("empty-answer", Says(DONE)),
    ("malformed-event", Says(HI, b"event: text\ndata: {\n\n", DONE)),
    ("unknown-event", Says(HI, event("sparkle", {}), DONE)),
    ("unknown-content-type", Says(event("meta", {"content_type": "text/html"}), HI, DONE)),
    ("unknown-error-type", Says(event("error", {"text": "no", "error_type": "mood"}), DONE)),
    ("unexpected-exception", Says(SDK_ERROR, DONE)),
    ("suggested-replies-ignored", Says(HI, REPLY, DONE)),
    ("suggested-replies-ignored", Says(META_ON, HI, REPLY, REPLY, DONE)),
    ("parameter-name-in-answer", SaysWithControls(text("Add --size 9."), DONE)),
    (
        "inline-ref-unused",
        Says(
            HI,
            event("file", {"url": "h", "content_type": "a/b", "name": "f", "inline_ref": "r"}),
            DONE,
        ),
    ),
    ("too-much-text", Says(text("x" * 100_001), DONE)),
    ("too-many-events", SaysAtFirst(text("x") * 10_000, DONE)),
    ("too-many-files", Says(HI, FILE * 21, DONE)),
]
