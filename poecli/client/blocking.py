"""`get_bot_response` for scripts without a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from typing import Any

from poecli.client.bot_query import get_bot_response
from poecli.client.partial import PartialResponse
from poecli.client.tools import Dumpable
from poecli.waiting import cancel_and_wait


def get_bot_response_sync(
    messages: Sequence[Dumpable], bot_name: str, api_key: str = "", **options: Any
) -> Generator[PartialResponse, None, None]:
    """Ask a bot and get its answer piece by piece, without ``async``.

        for piece in get_bot_response_sync([{"role": "user", "content": "Hi"}], "EchoBot", key):
            print(piece.text, end="")

    Takes, yields and raises what `get_bot_response` does. A ``session`` belongs to one loop, so
    none can be passed. Where a loop runs already (a notebook), use `get_bot_response` itself.
    """
    loop = asyncio.new_event_loop()
    pieces = get_bot_response(messages, bot_name, api_key, **options)
    try:
        while True:
            try:
                piece = loop.run_until_complete(anext(pieces))
            except StopAsyncIteration:
                return
            yield piece
    finally:
        # Ctrl-C leaves the wait for a piece as it was: nobody else can close the answer then.
        loop.run_until_complete(cancel_and_wait(*asyncio.all_tasks(loop)))
        loop.run_until_complete(pieces.aclose())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
