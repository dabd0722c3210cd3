"""Asks a bot on Poe from a script: `python client.py "Why is the sky blue?" [BOT]`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import fastapi_poe as fp

BOT = "GPT-3.5-Turbo"


def address() -> str:
    """Poe itself, or the local Poe that POE_BASE_URL names."""
    base_url = os.environ.get("POE_BASE_URL") or "https://api.poe.com"
    return f"{base_url.rstrip('/')}/bot/"


def api_key() -> str:
    """Your own key, from https://poe.com/api/keys; calls cost your points."""
    return os.environ.get("POE_API_KEY") or "none"  # a local Poe accepts any but ""


async def stream(question: str, bot: str = BOT) -> AsyncIterator[str]:
    """For code in a running event loop, as in a server or a notebook."""
    message = fp.ProtocolMessage(role="user", content=question)
    async for part in fp.get_bot_response(
        [message], bot, api_key(), base_url=address()
    ):
        yield part.text


def ask(question: str, bot: str = BOT) -> str:
    """For code without an event loop, as in a plain script; within one this fails."""
    message = fp.ProtocolMessage(role="user", content=question)
    text = ""
    for part in fp.get_bot_response_sync([message], bot, api_key(), base_url=address()):
        text = part.text if part.is_replace_response else text + part.text
    return text


async def show(question: str, bot: str) -> None:
    async for text in stream(question, bot):
        print(text, end="", flush=True)
    print()


if __name__ == "__main__":
    asyncio.run(show(sys.argv[1], *(sys.argv[2:] or [BOT])))
