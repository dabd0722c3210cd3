"""The ``x-ratelimit-*`` headers: 500 requests a minute, as Poe's documents say.

They are counted and never enforced: Poe's own advice is to load-test a stand-in, and the fault
``rate-limit`` rehearses the refusal. https://creator.poe.com/api-reference/rate-limits
"""

from __future__ import annotations

import math
from collections.abc import Callable

_REQUESTS = 500
_WINDOW_SECONDS = 60.0


class RateLimit:
    """The requests of the current minute; every key is the same user here."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = -math.inf
        self._made = 0

    def count(self) -> dict[str, str]:
        """One more request; the headers of its answer."""
        now = self._clock()
        if now - self._began >= _WINDOW_SECONDS:
            self._began, self._made = now, 0
        self._made += 1
        return self._headers(max(0, _REQUESTS - self._made), now)

    def exceeded(self) -> dict[str, str]:
        """The headers of a refusal for too many requests."""
        return self._headers(0, self._clock())

    def _headers(self, remaining: int, now: float) -> dict[str, str]:
        reset = math.ceil(self._began + _WINDOW_SECONDS - now)
        return {
            "x-ratelimit-limit-requests": str(_REQUESTS),
            "x-ratelimit-remaining-requests": str(remaining),
            "x-ratelimit-reset-requests": str(reset),
        }
