"""One load and two answers of a bot of our own, before the author's bot is loaded.

A first time costs several times a second one: in a forked process each page of memory that is
touched is copied then, and libraries make what they keep for later. A worker that waits has the
time for it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import fastapi_poe as fp
from fastapi_poe import base

from poecli.config.target import Target
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.sandbox.server_starts import without_reminders
from poecli.hosting.serving.bot_server import BotServer
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS, PROTOCOL_VERSION

_KEY = "warm-up".ljust(ACCESS_KEY_CHARACTERS.value, "-")
_REQUESTS = (
    {"version": PROTOCOL_VERSION, "type": "settings"},
    {
        "version": PROTOCOL_VERSION,
        "type": "query",
        "query": [{"role": "user", "content": "warm-up"}],
        "user_id": "",
        "conversation_id": "",
        "message_id": "",
    },
)


class _EchoBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterator[fp.PartialResponse]:
        yield fp.PartialResponse(text=request.query[-1].content)


def warm_up() -> bytes:
    """Make a bot, serve it to ourselves and ask it; what it answered, HTTP and all.

    To be called before the containment is installed, and not from a running event loop.
    """
    bot = _EchoBot(access_key=_KEY)
    with without_reminders():
        app = base.make_app(bot)
    here = Path(__file__)
    target = Target(here, None, here.parent, __name__, here.parent)
    return asyncio.run(_ask(Loaded((bot,), (bot.path,), app, target, (), (), ())))


async def _ask(loaded: Loaded) -> bytes:
    ours, theirs = socket.socketpair()
    async with BotServer(loaded).serving() as server:
        await asyncio.get_running_loop().connect_accepted_socket(server, theirs)
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b"".join(_requests()))
        answers = await reader.read()
        writer.close()
    return answers


def _requests() -> Iterator[bytes]:
    for number, request in enumerate(_REQUESTS, start=1):
        body = json.dumps(request)
        connection = "close" if number == len(_REQUESTS) else "keep-alive"
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {_KEY}\r\nContent-Length: {len(body)}\r\n"
            f"Connection: {connection}\r\n\r\n"
        )
        yield (head + body).encode()
