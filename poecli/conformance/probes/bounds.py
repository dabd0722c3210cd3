"""What the probes hold a bot against, as one value that a test can make smaller."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from poecli.protocol import limits

_SYNC_SECONDS = 5.0  # fastapi_poe 0.0.83, sync_bot_settings


@dataclass(frozen=True)
class Bounds:
    """Seconds for each part of an answer, and the hosts that are this machine."""

    first_event: float = limits.FIRST_EVENT_SECONDS.value
    answer: float = limits.ANSWER_SECONDS.value
    settings: float = _SYNC_SECONDS
    this_machine: AbstractSet[str] = frozenset(("127.0.0.1", "localhost", "::1"))
