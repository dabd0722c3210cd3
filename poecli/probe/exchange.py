"""One request to a bot and everything that came back, with times; nothing is judged here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from poecli.client.address import BotAddress, request_headers
from poecli.client.http import FOREIGN, Session, translate
from poecli.config.credentials import Secret
from poecli.errors import BadAnswer, CutStream, NotReachable, PoeCliError, TimedOut
from poecli.protocol.answer import AnswerReader
from poecli.protocol.events import Done, Event, is_content
from poecli.protocol.foreign_json import loads
from poecli.protocol.reply import Reply
from poecli.waiting import within

BODY_BYTES = 64 * 1024  # kept of an answer that is no event stream
KEY_VARIABLE = "POE_ACCESS_KEY"
BOTS_OWN = Secret("")  # the key of the bot that is asked
_SLOW_PIECES = 100
_STREAM = "text/event-stream"


@dataclass(frozen=True)
class ProbeRequest:
    """A request as it went out."""

    url: str
    body: bytes
    method: str = "POST"
    key: Secret | None = None

    @property
    def message_id(self) -> str:
        """The id of the answer that was asked for; empty where the body has none."""
        try:
            body = loads(self.body)
        except ValueError:
            return ""
        return str(body.get("message_id") or "") if isinstance(body, dict) else ""

    def curl(self) -> str:
        """A shell line that sends it again; the key is read from the environment."""
        words = ["curl", "-sN", "-X", self.method, self.url]
        line = shlex.join(words)
        if self.key is not None:
            line += f' -H "Authorization: Bearer ${KEY_VARIABLE}"'
        if self.method == "POST":
            line += " -H 'Content-Type: application/json' --data-binary "
            line += shlex.quote(self.body.decode("utf-8", "replace"))
        return line


@dataclass
class ContentClock:
    """When an answer's content came; times in seconds since the request.

    ``began`` is the time of its first byte, a comment's too, ``first`` that of its first content,
    ``last`` of its last; ``silence`` is the longest time without any in between.
    """

    began: float | None = None
    first: float | None = None
    silence: float = 0.0
    last: float = 0.0

    def take(self, events: Sequence[Event], at: float) -> None:
        """A piece of the stream has come, and these events in it."""
        self.began = at if self.began is None else self.began
        if any(is_content(event) or isinstance(event, Done) for event in events):
            self.end(at)
            self.first = at if self.first is None else self.first
            self.last = at

    def end(self, at: float) -> None:
        """Nothing more came until then."""
        if self.first is not None:
            self.silence = max(self.silence, at - self.last)


@dataclass
class ProbeAnswer:
    """What came back. Times are in seconds since the request was sent.

    ``end`` is "whole", "cut" (the connection broke), "late" (given up), "left" (we hung up) or
    "unreadable" (an event without end).
    """

    sent: ProbeRequest
    status: int = 0
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in small letters
    body: bytes = b""
    size: int = 0
    reader: AnswerReader = field(default_factory=AnswerReader)
    clock: ContentClock = field(default_factory=ContentClock)
    seconds: float = 0.0
    end: str = "whole"

    @property
    def reply(self) -> Reply:
        """What the events of the stream amount to."""
        return self.reader.reply

    @property
    def first_event(self) -> float | None:
        """The time of the first event that is no ping."""
        return self.reader.first_at

    @property
    def is_stream(self) -> bool:
        """Whether it is what a query is answered with: 200 and an event stream."""
        return self.status == 200 and self.content_type == _STREAM  # noqa: PLR2004 - HTTP's own

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return loads(self.body)
        except ValueError:
            return None


@dataclass
class Wire:
    """A way to one bot. Its key is None when it is not known.

    ``later_url`` is where a request can be sent again, once a bot that was started for the check
    has ended.
    """

    session: Session
    bot: BotAddress
    seconds: float = 60.0
    later_url: str = ""
    requests: int = 0

    async def send(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        method: str = "POST",
        key: Secret | None = BOTS_OWN,
        leave_after: int | None = None,
        pause: float = 0.0,
    ) -> ProbeAnswer:
        """Send and read to the end. ``key`` None sends no key.

        ``leave_after`` hangs up after so many events, ``pause`` waits so many seconds after
        each of the first pieces.
        Raises NotReachable when no connection can be made.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        used = self.bot.key if key is BOTS_OWN else key
        request = ProbeRequest(self.later_url or self.bot.url, raw, method, used)
        may_be_stale = self.requests > 0
        answer = await self._exchanged(request, leave_after, pause)
        if may_be_stale and not answer.status and answer.end == "cut":
            # A server may close a connection that it kept just as this was sent; uvicorn does after
            # an error of the app's: https://www.rfc-editor.org/rfc/rfc9112#section-9.3.1
            answer = await self._exchanged(request, leave_after, pause)
        return answer

    async def _exchanged(
        self, request: ProbeRequest, leave_after: int | None, pause: float
    ) -> ProbeAnswer:
        answer = ProbeAnswer(request)
        self.requests += 1
        start = time.monotonic()
        reading = self._read(answer, start, leave_after, pause)
        try:
            await within(reading, self.seconds)
        except asyncio.TimeoutError:
            answer.end = "late"
        except FOREIGN as error:
            self._judge_failure(answer, translate(error, self.bot.peer, begun=answer.status > 0))
        if answer.is_stream and answer.end in ("whole", "cut"):
            answer.reader.end()
        answer.seconds = time.monotonic() - start
        if answer.end == "late":
            answer.clock.end(answer.seconds)
        return answer

    async def size_of(self, url: str) -> int | None:
        """The bytes behind a URL of the bot's, as its host says; None when it does not."""
        self.requests += 1
        with contextlib.suppress(asyncio.TimeoutError, *FOREIGN):
            response = await within(self.session.head(url), self.seconds)
            length = response.headers.get("content-length", "")
            if response.is_success and length.isdecimal():
                return int(length)
        return None

    @staticmethod
    def _judge_failure(answer: ProbeAnswer, error: PoeCliError) -> None:
        """A failure of the bot is an answer too; raise what is no bot's fault."""
        hung_up = isinstance(error, NotReachable) and "closed the connection" in error.message
        if isinstance(error, TimedOut):
            answer.end = "late"
        elif answer.status or hung_up or isinstance(error, (CutStream, BadAnswer)):
            answer.end = "cut"
        else:
            raise error

    async def _read(
        self, answer: ProbeAnswer, start: float, leave_after: int | None, pause: float
    ) -> None:
        sent = answer.sent
        request = self.session.build_request(
            sent.method,
            self.bot.url,
            content=sent.body if sent.method == "POST" else None,
            headers={
                **request_headers(sent.key),
                "Content-Type": "application/json",
                "Accept": _STREAM,
            },
        )
        response = await self.session.send(request, stream=True)
        async with contextlib.aclosing(response):
            answer.status = response.status_code
            answer.headers = dict(response.headers)
            answer.content_type = response.headers.get("content-type", "").partition(";")[0].strip()
            pieces = 0
            async for chunk in response.aiter_bytes():
                answer.size += len(chunk)
                answer.body += chunk[: max(0, BODY_BYTES - len(answer.body))]
                if answer.is_stream:
                    at = time.monotonic() - start
                    answer.clock.take(answer.reader.feed(chunk, at), at)
                if answer.reader.too_large is not None:
                    answer.end = "unreadable"
                    return
                if leave_after is not None and answer.reply.event_count >= leave_after:
                    answer.end = "left"
                    return
                pieces += 1
                await asyncio.sleep(pause if pieces <= _SLOW_PIECES else 0)
