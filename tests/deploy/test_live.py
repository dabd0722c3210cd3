"""By what the new code is known from the old."""

from __future__ import annotations

import pytest

from poecli.deploy.live import LiveAnswer, NewCode, Place, Proof

NEW, OLD = "new-settings", "old-settings"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "seen", "proof"),
    [
        (None, LiveAnswer("b2"), Proof.BUILD),
        (LiveAnswer("b1"), LiveAnswer("b2"), Proof.BUILD),
        (LiveAnswer("b2"), LiveAnswer("b2"), Proof.BUILD),
        (LiveAnswer("b1"), LiveAnswer("b1"), None),
        (LiveAnswer("b1"), LiveAnswer("of its own"), Proof.CHANGED_BUILD),
        (LiveAnswer("", OLD), LiveAnswer("of its own"), Proof.CHANGED_BUILD),
        (None, LiveAnswer("of its own"), Proof.FIRST_ANSWER),
        (None, LiveAnswer("", OLD), Proof.FIRST_ANSWER),
        (LiveAnswer("", OLD), LiveAnswer("", OLD), None),
        (LiveAnswer("", OLD), LiveAnswer("", NEW), Proof.SETTINGS),
        (LiveAnswer("", NEW), LiveAnswer("", NEW), Proof.NONE),
    ],
)
async def test_an_answer_is_the_new_codes(
    before: LiveAnswer | None, seen: LiveAnswer, proof: Proof | None
) -> None:
    """By its build, else by what differs from before; where nothing differs, that is said."""

    async def local_settings() -> str:
        return NEW

    assert await NewCode("b2", before, local_settings).proof(seen) is proof


@pytest.mark.parametrize(
    ("url", "path", "health"),
    [
        ("https://b.example/", "/", "https://b.example/health"),
        ("https://b.example", "/", "https://b.example/health"),
        ("https://b.example/shout", "/shout", "https://b.example/health"),
        ("https://b.example/under/shout", "/shout", "https://b.example/under/health"),
    ],
)
def test_the_health_of_its_server(url: str, path: str, health: str) -> None:
    """A bot's own path is no part of it."""
    assert Place(url, path, None).health_url == health
