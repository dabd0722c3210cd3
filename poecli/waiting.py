"""Waiting with a limit, so that whoever waits can always be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def within(step: Awaitable[T], seconds: float | None) -> T:
    """The outcome of a step; None is without end. Raises asyncio.TimeoutError.

    Before Python 3.12 asyncio.wait_for loses a cancellation that comes as the step ends: what was
    stopped goes on. https://github.com/python/cpython/issues/86296
    """
    task = asyncio.ensure_future(step)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise asyncio.TimeoutError
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more
