"""Long work in a thread that leaves the event loop its turns."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

_Made = TypeVar("_Made")

# After so long the thread gives way to the loop, which may have to ask several times until it has
# done what it woke for. Python's own 5 ms are seen where an answer arrives in frames of 33.
_GIVES_WAY_SECONDS = 0.0005


async def aside(make: Callable[[], _Made]) -> _Made:
    """What ``make`` gives, made outside of the loop.

    Meanwhile the garbage collector rests: it stops all threads while it looks through what was
    made, 100 ms for the tokens of a long answer, none of which are garbage.
    """
    return await asyncio.to_thread(_undisturbed, make)


def _undisturbed(make: Callable[[], _Made]) -> _Made:
    with _REST:
        return make()


class _Rest:
    """Of the collector, from the first that enters until the last has left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._interval = sys.getswitchinterval()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._interval = sys.getswitchinterval()
                sys.setswitchinterval(_GIVES_WAY_SECONDS)
                gc.disable()

    def __exit__(self, *_failure: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                sys.setswitchinterval(self._interval)
                gc.enable()


_REST = _Rest()
