"""What an ``error`` event means. Poe tells its own failures apart by their text only."""

from __future__ import annotations

from dataclasses import dataclass

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
        return _BY_TYPE[event.error_type].error(text)
    if peer is None or peer.on_poe:
        for start, failure in _BY_TEXT.items():
            if text.lower().startswith(start):
                return failure.error(text)
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


@dataclass(frozen=True)
class _Failure:
    """What Poe's event means; ``text`` is said where the event has none."""

    kind: type[PoeCliError]
    hint: str
    why: str = ""
    text: str = ""

    def error(self, text: str) -> PoeCliError:
        return self.kind(text or self.text, why=self.why, hint=self.hint)


_NO_BOT = _Failure(
    NoSuchBot, "Check the spelling of the handle; `poe models` lists the public ones."
)
_BY_TYPE: dict[str | None, _Failure] = {
    "insufficient_fund": _Failure(
        OutOfPoints,
        f"Add points at {ACCOUNT_PAGE}.",
        text="The account doesn't have enough points.",
    ),
    "subscription_required": _Failure(
        OutOfPoints,
        f"See {ACCOUNT_PAGE}, or use another bot.",
        why="Only subscribers can use this bot.",
        text="This bot needs a subscription.",
    ),
}
# Seen on the wire: `/bot/{name}` answers 200 and one of these, in an `error` event.
_BY_TEXT = {
    "bot does not exist": _NO_BOT,
    "cannot access private bots": _NO_BOT,
    "access denied": _Failure(
        KeyRefused,
        f"Compare the key with {API_KEY_PAGE}. A bot's access key is not an API key.",
        why="The key may be wrong, or may not use this bot.",
    ),
    "you have exceeded rate limit": _Failure(RateLimited, "Try again later."),
    "internal server error": _Failure(
        PoeFailure,
        "Check key, name and server_bot_dependencies, then try again later.",
        why="Poe also says this for a wrong key or name, and for a bot that is not a declared "
        "dependency.",
    ),
}
