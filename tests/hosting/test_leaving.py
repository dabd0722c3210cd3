"""What ends a process, passes every handler, or never comes: told with the author's line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientError

from poecli.hosting.author.errors import AuthorError
from poecli.hosting.finding.discovery import Loaded
from tests.hosting.clients import Client

LoadBot = Callable[[str], Awaitable[Loaded]]
Serve = Callable[..., Awaitable[Client]]
Ask = Callable[..., Awaitable[str]]
FEEDBACK = {
    "version": "1.2",
    "message_id": "m",
    "user_id": "u",
    "conversation_id": "c",
    "feedback_type": "like",
}
ROWS = [
    ("exit", [3], "SystemExit: 3", "leaving.py:15"),
    ("interrupt", [130], "KeyboardInterrupt", "leaving.py:17"),
    ("odd", [], "Odd: nobody catches this", "leaving.py:19"),
]


@pytest.mark.parametrize(("said", "codes", "message", "place"), ROWS, ids=[r[0] for r in ROWS])
async def test_what_passes_every_handler_is_told_once(
    load_bot: LoadBot, serve: Serve, ask: Ask, said: str, codes: list[int], message: str, place: str
) -> None:
    """One traceback of the author's frames; sys.exit then ends the process with its code."""
    errors: list[AuthorError] = []
    left: list[int] = []
    loaded = await load_bot("leaving.py")
    client = await serve(loaded, on_error=errors.append, leave=left.append)
    with pytest.raises(ClientError):  # a cut answer looks cut
        await ask(client, text=said)
    (error,) = errors
    assert (error.message, error.place, left) == (message, place, codes)
    assert "poecli" not in error.traceback
    assert await ask(client, text="hello") == "hi"


async def test_an_answer_that_is_silent_says_where_it_waits(
    load_bot: LoadBot, serve: Serve, ask: Ask
) -> None:
    """After as long as Poe waits for a first event: the line of the author's that is awaited."""
    waits: list[str] = []
    loaded = await load_bot("leaving.py")
    client = await serve(loaded, on_wait=waits.append)
    feedback = {**FEEDBACK, "type": "report_feedback"}
    answer, _ = await asyncio.wait_for(
        asyncio.gather(ask(client, text="wait"), client.post("/", json=feedback)), 30
    )
    assert answer == "hi"
    assert sorted(waits) == [
        "report_feedback waits for 5 s at leaving.py:27 (slow_thing)",
        "waits for 5 s at leaving.py:27 (slow_thing)",
    ]
