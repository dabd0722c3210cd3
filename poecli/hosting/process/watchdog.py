"""Names the line that blocks the event loop, or a load, and for how long.

The loop strikes a beat; a thread that misses it looks at the main thread's stack while the
blocking call is still running (`sys._current_frames`), which a slow-callback log can't do.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from poecli.protocol import limits

BEAT_SECONDS = 0.05
STALL_SECONDS = 0.25  # half a second is what a user notices; half of that is what an author can fix
# What lasts so long is reported while it lasts: it may never end. Poe has given up by then.
LONG_SECONDS = float(limits.FIRST_EVENT_SECONDS.value)
AGAIN_SECONDS = 30.0

# What a line of the author's can't be seen to do: the functions that do it, by their files' names.
_LOADS_CERTIFICATES = (
    "It loads the TLS certificates, as each new HTTP client does: create one client and reuse it, "
    "or one `TLS = httpx.create_ssl_context()` for all of them (verify=TLS)."
)
_CAUSES = {
    ("ssl", "create_default_context"): _LOADS_CERTIFICATES,
    ("ssl", "load_default_certs"): _LOADS_CERTIFICATES,
    ("_config", "create_ssl_context"): _LOADS_CERTIFICATES,  # httpx
    ("ssl_", "ssl_wrap_socket"): _LOADS_CERTIFICATES,  # urllib3, for requests
}


@dataclass(frozen=True)
class Location:
    """A line of the author's code, and what it does there, if that is known."""

    file: str
    line: int
    function: str
    cause: str = ""


Report = Callable[[Location | None, float], None]


class Watchdog:
    """Watches the loop of the thread that calls ``start``.

    ``report`` is called for each stall when it is over; for one longer than ``long_seconds`` also
    then, and now and then.
    """

    def __init__(self, root: Path, report: Report, *, long_seconds: float = LONG_SECONDS) -> None:
        self._root = root
        self._report = report
        self._long_seconds = long_seconds
        self._beat = time.monotonic()
        self._thread_id = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="poe-watchdog", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; called on the loop's own thread."""
        self._thread_id = threading.get_ident()
        self._strike(loop)
        self._thread.start()

    def stop(self) -> None:
        """Report what has just ended, and end the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(BEAT_SECONDS * 2)

    def _strike(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beat = time.monotonic()
        loop.call_later(BEAT_SECONDS, self._strike, loop)

    def _watch(self) -> None:
        stalled_since, place, report_at = 0.0, None, 0.0
        stopped = False
        while not stopped:
            stopped = self._stopped.wait(BEAT_SECONDS)
            beat = self._beat
            if stalled_since and beat > stalled_since:
                # The beat after the stall was struck when the loop came free.
                self._report(place, beat - stalled_since)
                stalled_since, place = 0.0, None
            lasts = time.monotonic() - beat
            if lasts > STALL_SECONDS and not self._waits_for_events():
                report_at = report_at if stalled_since else self._long_seconds
                stalled_since = beat
                # The last look while it blocks is as good as the first: keep one with a line.
                place = place or _look(self._thread_id, self._root)
                if lasts > report_at:
                    report_at = lasts + AGAIN_SECONDS
                    self._report(place, lasts)

    def _waits_for_events(self) -> bool:
        """A late beat of a loop that only waits: the machine is busy, nobody blocks."""
        frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001 - as below
        return frame is not None and frame.f_code.co_filename == selectors.__file__


@contextmanager
def watched_load(
    root: Path, report: Report, *, long_seconds: float = LONG_SECONDS
) -> Iterator[None]:
    """While this lasts, report now and then where the thread is that takes so long."""
    thread_id, began, over = threading.get_ident(), time.monotonic(), threading.Event()

    def watch() -> None:
        wait = long_seconds
        while not over.wait(wait):
            report(_look(thread_id, root), time.monotonic() - began)
            wait = AGAIN_SECONDS

    threading.Thread(target=watch, name="poe-load", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _look(thread_id: int, root: Path) -> Location | None:
    """The innermost frame that is the author's; None when only libraries are at work."""
    frame: FrameType | None = sys._current_frames().get(thread_id)  # noqa: SLF001 - the documented way, see faulthandler
    cause = ""
    while frame is not None:
        file, function = frame.f_code.co_filename, frame.f_code.co_name
        if file.startswith(str(root)) and "site-packages" not in file:
            return Location(file, frame.f_lineno, function, cause)
        cause = cause or _CAUSES.get((Path(file).stem, function), "")
        frame = frame.f_back
    return None
