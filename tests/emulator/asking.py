"""Asking a local Poe as curl would: raw bytes in and out."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from poecli.protocol import events as ev
from poecli.protocol.sse import SseDecoder
from tests.emulator.serving import KEY, LocalPoe

# Nothing here is encrypted, and reading the trust store takes longer than most of these tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def query(text: str = "hello", **changes: Any) -> dict[str, Any]:
    """The body of a query with one message."""
    message = {"role": "user", "content": text, **changes.pop("message", {})}
    return {"version": "1.2", "type": "query", "query": [message], "message_id": "m-1", **changes}


async def ask_raw(
    poe: LocalPoe, body: Any, *, bot: str = "Some-Bot", headers: dict[str, str] | None = None
) -> bytes:
    """The bytes of an answer; what had come when the connection was cut."""
    got = b""
    sent = {"Authorization": f"Bearer {KEY}", **(headers or {})}
    try:
        async with (
            httpx.AsyncClient(timeout=30, verify=NO_TLS) as client,
            client.stream("POST", poe.bots + bot, json=body, headers=sent) as answer,
        ):
            async for chunk in answer.aiter_raw():
                got += chunk
    except httpx.RemoteProtocolError:
        got += b": cut"
    return got


async def ask(poe: LocalPoe, text: str = "hello", **changes: Any) -> list[ev.Event]:
    """The events of an answer."""
    bot = changes.pop("bot", "Some-Bot")
    headers = changes.pop("headers", None)
    data = await ask_raw(poe, query(text, **changes), bot=bot, headers=headers)
    return [ev.event_from_frame(frame) for frame in SseDecoder().feed(data)]


def text_of(events: list[ev.Event]) -> str:
    """The text that a reader would see at the end."""
    text = ""
    for event in events:
        if isinstance(event, ev.ReplaceResponse):
            text = event.text
        elif isinstance(event, ev.Text):
            text += event.text
    return text


def errors_of(events: list[ev.Event]) -> list[str | None]:
    """The texts of the error events."""
    return [event.text for event in events if isinstance(event, ev.Error)]
