"""Mistakes that fastapi_poe reports without a line of the author's get one, and what to write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from poecli.hosting.author.errors import AuthorError
from poecli.hosting.finding.discovery import Loaded
from tests.hosting.clients import Client

BOTS = Path(__file__).parent / "bots"
Load = Callable[[str], Awaitable[Loaded]]
Serve = Callable[..., Awaitable[Client]]
Query = Callable[..., dict[str, Any]]
INSTEAD = "instead of fp.PartialResponse"
YIELD = "yield fp.PartialResponse(text=…)"

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def line_of(mark: str) -> int:
    """The line of mistaken.py that bears a mark."""
    lines = (BOTS / "mistaken.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {mark}"))


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("text", f"AttributeError: get_response yielded a str ('plain') {INSTEAD}", YIELD),
        (
            "dict",
            f"AttributeError: get_response yielded a dict ({{'text': 'hi'}}) {INSTEAD}",
            YIELD,
        ),
        (
            "nothing",
            f"AttributeError: get_response_with_context yielded NoneType {INSTEAD}",
            YIELD,
        ),
        (
            "returns",
            "TypeError: get_response is not an asynchronous generator",
            "async def get_resp",
        ),
        (
            "sync",
            "TypeError: get_response is not an asynchronous generator",
            "async def get_resp",
        ),
        ("attribute", "AttributeError: 'QueryRequest' object has no attribute 'text'", ""),
        ("unlisted", "TypeError: 'async for' requires an object with __aiter__", ""),
    ],
    ids=lambda value: value if value.isalpha() else "",
)
async def test_the_line_to_mend_is_named(
    load_bot: Load, serve: Serve, query: Query, path: str, message: str, hint: str
) -> None:
    """File and line of the author's, the source there, and the fix where the mistake is known."""
    told: list[AuthorError] = []
    client = await serve(await load_bot("mistaken.py"), on_error=told.append)

    async with client.post(f"/{path}", json=query()) as response:
        body = await response.text()

    place = f"mistaken.py:{line_of(path)}"
    assert (told[0].message[: len(message)], told[0].place) == (message, place)
    assert f"# {path}" in told[0].traceback
    assert hint in told[0].hint
    assert bool(told[0].hint) == bool(hint)
    assert "unexpected issue" in body


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        (
            "settings",
            "AttributeError: get_settings returned a dict ({'allow_attachments': True})",
            "return fp.SettingsResponse(…)",
        ),
        (
            "none",
            "AttributeError: get_settings_with_context returned NoneType",
            "return fp.SettingsResponse(…)",
        ),
        ("plain", "TypeError: get_settings is not asynchronous", "`async def get_settings(…)`"),
    ],
    ids=["settings", "none", "plain"],
)
async def test_the_line_to_mend_in_the_settings_is_named(
    load_bot: Load, serve: Serve, path: str, message: str, hint: str
) -> None:
    """As for an answer: what was returned, where, and what to return instead."""
    told: list[AuthorError] = []
    client = await serve(await load_bot("mistaken.py"), on_error=told.append)

    async with client.post(f"/{path}", json={"version": "1.2", "type": "settings"}) as response:
        assert response.status == HTTPStatus.INTERNAL_SERVER_ERROR

    place = f"mistaken.py:{line_of(path)}"
    assert (told[0].message[: len(message)], told[0].place) == (message, place)
    assert f"# {path}" in told[0].traceback
    assert told[0].hint == f"{place}: {hint}"


async def test_of_many_running_answers_the_right_one_is_named(
    load_bot: Load, serve: Serve, query: Query
) -> None:
    """Each of several failing answers at once is told with its own line."""
    told: list[AuthorError] = []
    client = await serve(await load_bot("mistaken.py"), on_error=told.append)

    async def ask(path: str) -> None:
        async with client.post(path, json=query()) as response:
            await response.read()

    await asyncio.gather(*(ask(path) for path in ["/text", "/dict", "/nothing"] * 3))

    marks = {f"mistaken.py:{line_of(mark)}" for mark in ("text", "dict", "nothing")}
    assert {error.place for error in told} == marks
    assert len(told) == 9
