"""Faults on demand, as they are asked for: by `--fault`, ``faults`` in poe.toml, or a header.

The first kind strikes what a bot asks of the local Poe (`emulator.faults`), the second how Poe asks
the bot (`devserver.delivery`). ``NAME=0.3`` strikes about three times in ten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from poecli.errors import UsageError
from poecli.suggestions import did_you_mean

HEADER = "X-Poe-Fault"
_RAW_HEADER = HEADER.lower().encode()
INSUFFICIENT_FUNDS = "insufficient-funds"
UPLOAD_FAILURE = "upload-failure"
OF_ANSWERS = (
    "rate-limit",
    "server-error",
    "overloaded",
    "access-denied",
    "slow-first-event",
    "cut",
    "malformed-event",
    "duplicate-done",
    "empty-answer",
)
DROP_AND_RESEND = "drop-and-resend"
STARVE = "starve"
RESEND_AFTER_CONTENT = "resend-after-content"
STOP = "stop"
REUSED_CONNECTION = "reused-connection"
OF_DELIVERY = (DROP_AND_RESEND, STARVE, RESEND_AFTER_CONTENT, STOP, REUSED_CONNECTION)
OF_CALLS = (*OF_ANSWERS, INSUFFICIENT_FUNDS, UPLOAD_FAILURE)
NAMES = (*OF_CALLS, *OF_DELIVERY)


@dataclass(frozen=True)
class Fault:
    """One fault and the share of calls it strikes."""

    name: str
    share: float = 1.0

    def __str__(self) -> str:
        return self.name if self.share == 1 else f"{self.name}={self.share:g}"


def texts_in(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """The faults that a request's headers ask for, as typed."""
    return [value.decode("latin-1") for name, value in headers if name.lower() == _RAW_HEADER]


def parse_faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """Faults as typed: NAME or NAME=SHARE. Raises UsageError with the names there are."""
    return tuple(_parse(part) for text in texts for part in text.split(",") if part.strip())


def _parse(text: str) -> Fault:
    name, equals, share = text.strip().partition("=")
    if name not in NAMES:
        raise UsageError(f"Unknown fault {name!r}.", hint=did_you_mean(name, NAMES))
    try:
        value = float(share) if equals else 1.0
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(
            f"The share of the fault {name!r} must be a number from 0 to 1, not {share!r}.",
            hint=f"For example: {name}=0.3",
        )
    return Fault(name, value)
