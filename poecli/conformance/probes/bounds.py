"""What the probes hold a bot against, as one value that a test can make smaller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from poecli.addresses import is_loopback_url
from poecli.protocol import limits

_SYNC_SECONDS = 5.0  # fastapi_poe 0.0.83, sync_bot_settings


@dataclass(frozen=True)
class Bounds:
    """Seconds for each part of an answer, and which URLs are this machine's."""

    first_event: float = limits.FIRST_EVENT_SECONDS.value
    first_content: float = limits.FIRST_CONTENT_SECONDS.value
    silence: float = limits.SILENCE_SECONDS.value
    answer: float = limits.ANSWER_SECONDS.value
    settings: float = _SYNC_SECONDS
    this_machine: Callable[[str], bool] = is_loopback_url
