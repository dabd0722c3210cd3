"""What an HTTP status means, and the little of a body that is worth showing.

Poe's statuses: https://creator.poe.com/docs/external-applications/openai-compatible-api ("Errors").
The same number means another thing when the bot itself answers: then it is the bot that refuses.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from poecli.client.peer import Peer, first_upper, shown_url
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

API_KEY_PAGE = "https://poe.com/api/keys"
ACCESS_KEY_PAGE = "https://poe.com/edit_bot?bot={bot}"
EXCERPT_CHARACTERS = 200
BODY_BYTES = 64 * 1024  # as much of an error's body as is read at all
_ERROR = 400
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Answer:
    """An HTTP answer that is no success: status, headers with lower-case names, head of the body.

    ``secrets`` are taken out of whatever is shown of it: a body may echo the URL or a header.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """One sentence with what the body says; empty when it says nothing."""
        text = excerpt(self.body, self.secrets)
        return f"It says: {text}" if text else ""


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """What a body says, on one short line without control characters, HTML tags and secrets."""
    text = body.decode("utf-8", "replace").strip()
    text = _message_of_json(text) or _text_of_html(text)
    for secret in secrets:
        if secret:
            text = text.replace(secret, "****")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1] + "…"


def _message_of_json(text: str) -> str:
    """The message in a JSON error: Poe's and OpenAI's {"error": {"message"}}, FastAPI's detail."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
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


def error_from_status(answer: Answer, peer: Peer) -> PoeCliError:
    """The error for an answer that is no success, by its status and by who gave it."""
    if 300 <= answer.status < _ERROR:  # noqa: PLR2004 - HTTP's own classes
        return _redirect(answer, peer)
    table = _FROM_POE if peer.on_poe else _FROM_BOT
    make = table.get(answer.status)
    if make is not None:
        return make(answer, peer)
    if answer.status >= _SERVER_ERROR:
        return (_poe_failed if peer.on_poe else _bot_failed)(answer, peer)
    if answer.status < 300:  # noqa: PLR2004 - HTTP's own classes
        return BadAnswer(
            f"{first_upper(peer.answerer)} answered HTTP {answer.status} where 200 is meant.",
            why=answer.said,
        )
    return BotFault(
        f"{first_upper(peer.answerer)} refused the request: HTTP {answer.status}.", why=answer.said
    )


def _redirect(answer: Answer, peer: Peer) -> PoeCliError:
    target = shown_url(excerpt(answer.headers.get("location", "").encode(), answer.secrets))
    return NotReachable(
        f"{first_upper(peer.answerer)} redirects to another address: HTTP {answer.status}.",
        why=f"It names {target}." if target else "It names no address.",
        hint="Use that address, if you trust it; a key is never sent along a redirect.",
    )


def _poe_key(answer: Answer, peer: Peer) -> PoeCliError:
    return KeyRefused(
        f"Poe refused the API key: HTTP {answer.status}.",
        why=answer.said or "The key is wrong, was revoked, or may not use this bot.",
        hint=f"Get a key at {API_KEY_PAGE}. A bot's access key is no API key.",
        detail=f"asked: {peer.name}",
    )


def _poe_points(answer: Answer, peer: Peer) -> PoeCliError:
    return OutOfPoints(
        f"The account has not enough points for {peer.name}.",
        why=answer.said,
        hint="Add points at https://poe.com/settings, or ask a cheaper bot.",
    )


def _poe_no_bot(answer: Answer, peer: Peer) -> PoeCliError:
    if peer.bot is None:
        return NotReachable(
            f"Nothing is served at {peer.address}: HTTP {answer.status}.",
            why=answer.said,
            hint="Check POE_BASE_URL.",
        )
    return NoSuchBot(
        f"Poe knows no bot {peer.bot!r}.",
        why=answer.said,
        hint="Check the spelling of the handle; `poe models` lists the public ones.",
    )


def _poe_slow(answer: Answer, peer: Peer) -> PoeCliError:
    return TimedOut(
        f"Poe waited too long for {peer.name}: HTTP {answer.status}.",
        why=answer.said,
        hint="Ask again, or shorten the conversation.",
    )


def _too_large(answer: Answer, peer: Peer) -> PoeCliError:
    return UsageError(
        f"The request is too large for {peer.answerer}: HTTP {answer.status}.",
        why=answer.said,
        hint="Send less text, or fewer and smaller attachments.",
    )


def _too_many(answer: Answer, peer: Peer) -> PoeCliError:
    seconds = retry_after(answer.headers)
    wait = f"Wait {seconds:.0f} s and ask again." if seconds is not None else "Ask again later."
    return RateLimited(
        f"{first_upper(peer.answerer)} takes no more calls now: HTTP {answer.status}.",
        why=answer.said,
        hint=wait,
        retry_after=seconds,
    )


def _poe_failed(answer: Answer, peer: Peer) -> PoeCliError:
    return PoeFailure(
        f"Poe failed on its side: HTTP {answer.status}.",
        why=answer.said,
        hint="Ask again later; https://status.poe.com shows known trouble.",
        detail=f"asked: {peer.name}",
    )


def _bot_key(answer: Answer, peer: Peer) -> PoeCliError:
    return KeyRefused(
        f"{first_upper(peer.name)} refused the access key: HTTP {answer.status}.",
        why=answer.said or "It is the bot that refuses, not Poe: a bot expects its own access key.",
        hint="Pass the bot's access key (POE_ACCESS_KEY), not a user's API key.",
    )


def _bot_missing(answer: Answer, peer: Peer) -> PoeCliError:
    return NoSuchBot(
        f"No bot is served at {peer.address}: HTTP {answer.status}.",
        why=answer.said,
        hint="Check the path of the URL; `poe dev` prints it.",
    )


def _bot_no_post(answer: Answer, peer: Peer) -> PoeCliError:
    return BadAnswer(
        f"{first_upper(peer.address)} is no Poe bot: HTTP {answer.status}.",
        why=answer.said or "It takes no POST request with JSON.",
        hint="Check the URL, with its path.",
    )


def _bot_slow(answer: Answer, peer: Peer) -> PoeCliError:
    return TimedOut(f"{first_upper(peer.name)} gave up: HTTP {answer.status}.", why=answer.said)


def _bot_down(answer: Answer, peer: Peer) -> PoeCliError:
    return NotReachable(
        f"A host answers for {peer.name}, but the bot does not: HTTP {answer.status}.",
        why=answer.said,
        hint="Look at the log of the bot and of what stands before it.",
    )


def _bot_failed(answer: Answer, peer: Peer) -> PoeCliError:
    return BadAnswer(
        f"{first_upper(peer.name)} failed: HTTP {answer.status}.",
        why=answer.said,
        hint="Look at the bot's own log for the traceback.",
    )


_Make = Callable[[Answer, Peer], PoeCliError]
_FROM_POE: dict[int, _Make] = {
    401: _poe_key,
    402: _poe_points,
    403: _poe_key,
    404: _poe_no_bot,
    408: _poe_slow,
    413: _too_large,
    429: _too_many,
    504: _poe_slow,
}
_FROM_BOT: dict[int, _Make] = {
    401: _bot_key,
    403: _bot_key,
    404: _bot_missing,
    405: _bot_no_post,
    408: _bot_slow,
    413: _too_large,
    429: _too_many,
    501: _bot_no_post,
    502: _bot_down,
    503: _bot_down,
    504: _bot_slow,
}


def not_an_event_stream(content_type: str, answer: Answer, peer: Peer) -> BadAnswer:
    """The error for a success whose body is something else than events."""
    shown: Any = excerpt(content_type.encode()) or "no content type"
    return BadAnswer(
        f"{first_upper(peer.answerer)} did not answer with an event stream.",
        why=" ".join(part for part in (f"It sent {shown}.", answer.said) if part),
        hint="Check that the URL is the one of the bot, with its path."
        if not peer.on_poe
        else "Ask again later.",
    )
