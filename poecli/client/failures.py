"""What an ``error`` event means. Poe tells its own failures apart by their text only."""

from __future__ import annotations

from collections.abc import Callable

from poecli.client.peer import Peer
from poecli.client.status import excerpt
from poecli.errors import (
    BotErrorEvent,
    KeyRefused,
    NoSuchBot,
    OutOfPoints,
    PoeCliError,
    PoeFailure,
    RateLimited,
)
from poecli.poe_pages import ACCOUNT_PAGE, API_KEY_PAGE
from poecli.protocol.events import Error

_NO_RETRY = "The bot says that a retry does not help; check its own log."
_UNSAID = "The bot gave no reason."


def error_from_event(event: Error, peer: Peer | None = None) -> PoeCliError:
    """The error an ``error`` event stands for.

    Poe answers 200 and an event also where HTTP has a status (wrong name, rate limit …), so its
    known texts are told apart here; everything else is the bot's own error. ``peer`` says whom
    was asked: with a bot's own URL, no text is taken for Poe's.
    """
    text = event.text or ""
    if event.error_type in _BY_TYPE:
        return _BY_TYPE[event.error_type](text)
    if peer is None or peer.on_poe:
        for start, make in _BY_TEXT:
            if text.lower().startswith(start):
                return make(text)
    return BotErrorEvent(
        text or _UNSAID,
        allow_retry=event.allow_retry,
        error_type=event.error_type,
        why=_raw(event),
        hint="" if event.allow_retry else _NO_RETRY,
    )


def _raw(event: Error) -> str:
    """What the bot sent along for developers: fastapi_poe puts the exception's repr there."""
    if event.raw_response is None:
        return ""
    return f"The bot said: {excerpt(str(event.raw_response).encode())}"


def _points(text: str) -> PoeCliError:
    return OutOfPoints(
        text or "The account doesn't have enough points.", hint=f"Add points at {ACCOUNT_PAGE}."
    )


def _subscription(text: str) -> PoeCliError:
    return OutOfPoints(
        text or "This bot needs a subscription.",
        why="Only subscribers can use this bot.",
        hint=f"See {ACCOUNT_PAGE}, or use another bot.",
    )


def _no_bot(text: str) -> PoeCliError:
    return NoSuchBot(
        text, hint="Check the spelling of the handle; `poe models` lists the public ones."
    )


def _denied(text: str) -> PoeCliError:
    return KeyRefused(
        text,
        why="The key may be wrong, or may not use this bot.",
        hint=f"Compare the key with {API_KEY_PAGE}. A bot's access key is not an API key.",
    )


def _rate(text: str) -> PoeCliError:
    return RateLimited(text, hint="Try again later.")


def _internal(text: str) -> PoeCliError:
    return PoeFailure(
        text,
        why="Poe also says this for a wrong key or name, and for a bot that is not a declared "
        "dependency.",
        hint="Check key, name and server_bot_dependencies, then try again later.",
    )


_BY_TYPE: dict[str | None, Callable[[str], PoeCliError]] = {
    "insufficient_fund": _points,
    "subscription_required": _subscription,
}
# Seen on the wire: `/bot/{name}` answers 200 and one of these, in an `error` event.
_BY_TEXT: tuple[tuple[str, Callable[[str], PoeCliError]], ...] = (
    ("bot does not exist", _no_bot),
    ("cannot access private bots", _no_bot),
    ("access denied", _denied),
    ("you have exceeded rate limit", _rate),
    ("internal server error", _internal),
)
