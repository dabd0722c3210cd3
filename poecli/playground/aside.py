"""Long work in a thread that leaves the event loop its turns."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Made = TypeVar("_Made")

# One: a second would only take the interpreter from the first, and from the loop.
_THREAD = ThreadPoolExecutor(1, "aside")
# After so long the thread gives way to the loop, which may have to ask several times until it has
# done what it woke for. Python's own 5 ms are seen where an answer arrives in frames of 33.
_GIVES_WAY_SECONDS = 0.0005


async def aside(make: Callable[[], _Made]) -> _Made:
    """What ``make`` gives, made outside of the loop, one such work after another.

    Meanwhile the garbage collector rests: it stops all threads while it looks through what was
    made, 100 ms for the tokens of a long answer, none of which are garbage.
    """
    return await asyncio.get_running_loop().run_in_executor(_THREAD, _undisturbed, make)


def _undisturbed(make: Callable[[], _Made]) -> _Made:
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_GIVES_WAY_SECONDS)
    gc.disable()
    try:
        return make()
    finally:
        sys.setswitchinterval(interval)
        if collects:
            gc.enable()
