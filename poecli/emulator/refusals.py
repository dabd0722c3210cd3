"""How Poe says no: each refusal as an ``error`` event and as an error of the OpenAI-style API.

The texts are those seen on the live service (protocol notes, section 2); where no source tells
what Poe sends (the body for a wrong key), the nearest known text stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

from poecli.protocol import events as ev


@dataclass(frozen=True)
class Refusal:
    """One way of being refused; ``status``, ``kind`` and ``field`` are for the API under /v1.

    ``field`` is the field of a body that can't be used.
    """

    text: str
    status: int
    kind: str
    allow_retry: bool = False
    error_type: str | None = None
    field: str | None = None

    def event(self, error_id: str = "") -> ev.Error:
        """The refusal as it comes on ``/bot/{name}``."""
        text = f"{self.text} (error_id: {error_id})" if error_id else self.text
        return ev.Error(text, allow_retry=self.allow_retry, error_type=self.error_type)


# What to do about a call without a key, which Poe refuses and so the local Poe does.
ANY_KEY = "The local Poe accepts any key: -H 'Authorization: Bearer any'"
ACCESS_DENIED = Refusal("Access denied", 401, "authentication_error")
NO_SUCH_BOT = Refusal("Bot does not exist", 404, "not_found_error")
RATE_LIMITED = Refusal(
    "You have exceeded rate limit to query bot using User API Key. Try again later.",
    429,
    "rate_limit_error",
    allow_retry=True,
)
INTERNAL = Refusal("Internal server error", 500, "server_error", allow_retry=True)
# The same words for a call that no second try can mend: an undeclared bot, one call too many.
NOT_DECLARED = Refusal("Internal server error", 500, "server_error")
OUT_OF_POINTS = Refusal(
    "You do not have enough points to query this bot.",
    402,
    "insufficient_credits",
    error_type="insufficient_fund",
)
# Its words are ours: which Poe sends with a 529 is not known.
OVERLOADED = Refusal(
    "The bot is overloaded. Try again later.", 529, "overloaded_error", allow_retry=True
)

_ALL = (ACCESS_DENIED, NO_SUCH_BOT, RATE_LIMITED, OUT_OF_POINTS, OVERLOADED, INTERNAL)
_KINDS = {
    401: "authentication_error",
    404: "not_found_error",
    413: "request_too_large",
}


def by_status(status: int, text: str) -> Refusal:
    """A refusal with words of its own."""
    return Refusal(text, status, _KINDS.get(status, "invalid_request_error"))


def of_event(error: ev.Error) -> Refusal:
    """The refusal an ``error`` event amounts to; a bot's own error is a server error."""
    text = error.text or INTERNAL.text
    for refusal in _ALL:
        if text.startswith(refusal.text):
            return refusal
    return Refusal(text, 500, "server_error", error.allow_retry, error.error_type)
