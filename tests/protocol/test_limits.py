"""The protocol's numbers."""

from __future__ import annotations

import pytest

from poecli.protocol import limits


@pytest.mark.parametrize(
    ("limit", "value", "unit"),
    [
        (limits.FIRST_EVENT_SECONDS, 5, "s"),
        (limits.ANSWER_SECONDS, 600, "s"),
        (limits.ANSWER_CHARACTERS, 100_000, "characters"),
        (limits.ANSWER_EVENTS, 10_000, "events"),
        (limits.FILES_PER_MESSAGE, 20, "files"),
        (limits.FILE_BYTES, 52_428_800, "bytes"),
        (limits.BOT_CALLS_PER_MESSAGE, 100, "calls"),
        (limits.CONVERSATION_MESSAGES, 1_000, "messages"),
        (limits.ATTACHMENT_URL_SECONDS, 600, "s"),
        (limits.ACCESS_KEY_CHARACTERS, 32, "characters"),
        (limits.FIRST_CONTENT_SECONDS, 1, "s"),
        (limits.SILENCE_SECONDS, 30, "s"),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_limits_are_those_of_the_documents(limit: limits.Limit, value: int, unit: str) -> None:
    """A number changes only together with its source."""
    assert (limit.value, limit.unit) == (value, unit)


def test_every_limit_is_listed_with_its_source() -> None:
    """Whoever shows the limits misses none."""
    assert set(limits.ALL_LIMITS) == {
        value for value in vars(limits).values() if isinstance(value, limits.Limit)
    }
    assert all(limit.source.startswith(("https://", "fastapi_poe ")) for limit in limits.ALL_LIMITS)
