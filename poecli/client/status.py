"""What an HTTP status means, and the little of a body that is worth showing.

Poe's statuses: https://creator.poe.com/docs/external-applications/openai-compatible-api ("Errors").
The same number means another thing when the bot itself answers: then it is the bot that refuses.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from poecli.addresses import is_loopback_url
from poecli.client.address import masked
from poecli.client.peer import Peer, first_upper, shown_url
from poecli.config.credentials import Secret
from poecli.errors import (
    BadAnswer,
    BotFault,
    KeyRefused,
    NoSuchBot,
    NotReachable,
    OutOfPoints,
    PoeCliError,
    PoeFailure,
    RateLimited,
    TimedOut,
    UsageError,
)
from poecli.poe_pages import ACCOUNT_PAGE, API_KEY_PAGE, STATUS_PAGE
from poecli.protocol.foreign_json import loads

EXCERPT_CHARACTERS = 200
BODY_BYTES = 64 * 1024  # as much of an error's body as is read at all


@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer that is no success: status, headers with lower-case names, head of the body.

    ``keys`` are taken out of whatever is shown of it: a body may echo the URL or a header.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    keys: tuple[Secret, ...] = ()

    @property
    def said(self) -> str:
        """One sentence with what the body says; empty when it says nothing."""
        text = excerpt(self.body, self.keys)
        return f"It says: {text}" if text else ""


def excerpt(body: bytes, keys: Iterable[Secret | None] = ()) -> str:
    """What a body says, on one short line without control characters, HTML tags and keys."""
    text = body.decode("utf-8", "replace").strip()
    text = _message_of_json(text) or _text_of_html(text)
    text = masked(text, keys)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1] + "…"


def _message_of_json(text: str) -> str:
    """The message in a JSON error: Poe's and OpenAI's {"error": {"message"}}, FastAPI's detail."""
    try:
        value = loads(text)
    except ValueError:
        return ""
    for key in ("error", "message", "detail", "text"):
        if isinstance(value, dict) and value.get(key):
            value = value[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text_of_html(text: str) -> str:
    if not text.lstrip().startswith("<"):
        return text
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title:
        return html.unescape(title[1])
    without = re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", text)
    return html.unescape(without)


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """The seconds a ``Retry-After`` header asks to wait: a number, or a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - (now or datetime.now(timezone.utc))).total_seconds())


@dataclass(frozen=True)
class Meaning:
    """What a status means: a class of errors, and its texts.

    Texts may hold {name}, {answerer}, {address} and {bot} of the peer and the {status}. ``why`` is
    said where the body says nothing.
    """

    kind: type[PoeCliError]
    message: str
    why: str = ""
    hint: str = ""
    detail: str = ""
    id: str = ""

    def error(self, answer: HttpAnswer, peer: Peer) -> PoeCliError:

        def filled(text: str) -> str:
            return text.format(
                name=peer.name,
                answerer=peer.answerer,
                address=peer.address,
                bot=peer.bot,
                status=answer.status,
            )

        return self.kind(
            first_upper(filled(self.message)),
            why=answer.said or self.why,
            hint=filled(self.hint),
            detail=filled(self.detail),
            id=self.id,
        )


def error_from_status(answer: HttpAnswer, peer: Peer) -> PoeCliError:
    """The error for an answer that is no success, by its status and by who gave it."""
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return _redirect(answer, peer)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(answer, peer)
    return _meaning(answer.status, peer).error(answer, peer)


def _meaning(status: int, peer: Peer) -> Meaning:
    if peer.on_poe and status == HTTPStatus.NOT_FOUND and is_loopback_url(peer.url):
        return _NO_LOCAL_BOT if peer.bot else _NO_LOCAL_POE
    if peer.on_poe and status == HTTPStatus.NOT_FOUND and peer.bot is None:
        return _NOTHING_SERVED
    found = (_FROM_POE if peer.on_poe else _FROM_BOT).get(status)
    if found is not None:
        return found
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _POE_FAILED if peer.on_poe else _BOT_FAILED
    return _NOT_200 if status < HTTPStatus.MULTIPLE_CHOICES else _REFUSED


def _redirect(answer: HttpAnswer, peer: Peer) -> PoeCliError:
    target = shown_url(excerpt(answer.headers.get("location", "").encode(), answer.keys))
    return NotReachable(
        f"{first_upper(peer.answerer)} redirects to another address: HTTP {answer.status}.",
        why=f"It redirects to {target}." if target else "It gives no address.",
        hint="Use that address, if you trust it; a key is never sent along a redirect.",
    )


def _too_many(answer: HttpAnswer, peer: Peer) -> PoeCliError:
    seconds = retry_after(answer.headers)
    wait = f"Wait {seconds:.0f} s and try again." if seconds is not None else "Try again later."
    return RateLimited(
        f"{first_upper(peer.answerer)} accepts no more calls now: HTTP {answer.status}.",
        why=answer.said,
        hint=wait,
        retry_after=seconds,
    )


_LOCAL_POE = "Check POE_BASE_URL: of a `poe dev` it ends in /_poe, as its first lines show."
_NOT_200 = Meaning(BadAnswer, "{answerer} answered HTTP {status} where 200 is expected.")
_REFUSED = Meaning(BotFault, "{answerer} refused the request: HTTP {status}.")
_NOTHING_SERVED = Meaning(
    NotReachable, "Nothing is served at {address}: HTTP {status}.", hint="Check POE_BASE_URL."
)
_NO_LOCAL_POE = replace(_NOTHING_SERVED, hint=_LOCAL_POE)
_NO_LOCAL_BOT = Meaning(NoSuchBot, "Poe has no bot {bot!r}.", hint=_LOCAL_POE)
_TOO_LARGE = Meaning(
    UsageError,
    "The request is too large for {answerer}: HTTP {status}.",
    hint="Send less text, or fewer and smaller attachments.",
)
_POE_KEY = Meaning(
    KeyRefused,
    "Poe refused the API key: HTTP {status}.",
    why="The key is wrong, was revoked, or may not use this bot.",
    hint=f"Get a key at {API_KEY_PAGE}. A bot's access key is not an API key.",
    detail="bot: {name}",
)
_POE_SLOW = Meaning(
    TimedOut,
    "Poe waited too long for {name}: HTTP {status}.",
    hint="Try again, or shorten the conversation.",
)
_POE_FAILED = Meaning(
    PoeFailure,
    "Poe failed on its side: HTTP {status}.",
    hint=f"Try again later; {STATUS_PAGE} shows known problems.",
    detail="bot: {name}",
)
_BOT_KEY = Meaning(
    KeyRefused,
    "{name} refused the access key: HTTP {status}.",
    why="The bot refused it, not Poe: a bot expects its own access key.",
    hint="Pass the bot's access key (POE_ACCESS_KEY), not a user's API key.",
)
_BOT_NO_POST = Meaning(
    BadAnswer,
    "{address} is not a Poe bot: HTTP {status}.",
    why="It doesn't accept POST requests with JSON.",
    hint="Check the URL, with its path.",
)
_BOT_SLOW = Meaning(TimedOut, "{name} timed out: HTTP {status}.")
_BOT_DOWN = Meaning(
    NotReachable,
    "A host answers for {name}, but the bot does not: HTTP {status}.",
    hint="Check the log of the bot and of the proxy in front of it.",
)
_BOT_FAILED = Meaning(
    BadAnswer,
    "{name} failed: HTTP {status}.",
    hint="Check the bot's own log for the traceback.",
)

_FROM_POE = {
    401: _POE_KEY,
    402: Meaning(
        OutOfPoints,
        "The account doesn't have enough points for {name}.",
        hint=f"Add points at {ACCOUNT_PAGE}, or use a cheaper bot.",
    ),
    403: _POE_KEY,
    404: Meaning(
        NoSuchBot,
        "Poe has no bot {bot!r}.",
        hint="Check the spelling of the handle; `poe models` lists the public ones.",
    ),
    408: _POE_SLOW,
    413: _TOO_LARGE,
    504: _POE_SLOW,
}
_FROM_BOT = {
    401: _BOT_KEY,
    403: _BOT_KEY,
    404: Meaning(
        NoSuchBot,
        "No bot is served at {address}: HTTP {status}.",
        hint="Check the path of the URL; `poe dev` prints it.",
    ),
    405: _BOT_NO_POST,
    408: _BOT_SLOW,
    413: _TOO_LARGE,
    501: _BOT_NO_POST,
    502: _BOT_DOWN,
    503: _BOT_DOWN,
    504: _BOT_SLOW,
    # Cloudflare's own: it can't reach the server, or its tunnel is not connected (yet).
    # https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
    **dict.fromkeys((520, 521, 522, 523, 525, 526, 530), _BOT_DOWN),
    524: _BOT_SLOW,
}


def not_an_event_stream(content_type: str, answer: HttpAnswer, peer: Peer) -> BadAnswer:
    """The error for a success whose body is something else than events."""
    shown: Any = excerpt(content_type.encode()) or "no content type"
    return BadAnswer(
        f"{first_upper(peer.answerer)} did not answer with an event stream.",
        why=" ".join(part for part in (f"It sent {shown}.", answer.said) if part),
        hint="Check that the URL is the one of the bot, with its path."
        if not peer.on_poe
        else "Try again later.",
    )
