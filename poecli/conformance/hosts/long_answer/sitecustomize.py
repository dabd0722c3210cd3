"""Read by each Python of a bot's own server as it starts: its answers become long ones, of ours.

What is looked at is the server, so the author's code gives no answer, calls nobody and costs
nothing, and no settings are sent to Poe. This may be any Python, without poecli: nothing but the
standard library and, where it is there, fastapi_poe.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
from collections.abc import AsyncIterator
from typing import Any

BEGINNING, SECONDS = "POE_ANSWER_BEGINS", "POE_ANSWER_SECONDS"


def _prepare(base: Any) -> None:
    """Give every bot of the process the long answer."""

    async def handle_query(_self: Any, *_: Any) -> AsyncIterator[Any]:
        yield base.PoeBot.text_event(os.environ[BEGINNING])
        await asyncio.sleep(float(os.environ[SECONDS]))
        yield base.PoeBot.text_event(" ends")
        yield base.PoeBot.done_event()

    base.PoeBot.handle_query = handle_query
    base.sync_bot_settings = lambda *_, **__: None


if BEGINNING in os.environ:
    with contextlib.suppress(ImportError):  # another Python of the same command
        _prepare(importlib.import_module("fastapi_poe.base"))
