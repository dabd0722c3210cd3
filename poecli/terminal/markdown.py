"""A bot's answer on the terminal while it arrives.

Three ways, chosen from what the terminal can do:
- painted Markdown: rows replaced in place on the normal screen, scrollback exact and native;
- painted text, for ``text/plain``: the same without Markdown;
- appended text: nothing is ever moved or erased (no terminal, TERM=dumb, an old Windows console,
  ``plain`` for screen readers).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from poecli.terminal.console import Console
from poecli.terminal.foreign import Sanitizer
from poecli.terminal.views import AppendedView, PaintedView, View, can_paint

FRAME_SECONDS = 1 / 20
# Painting takes at most a tenth of the time, as in Aider (aider/mdstream.py).
_PAUSE_PER_COST = 10
_LONGEST_PAUSE_SECONDS = 2.0


class MarkdownStream:
    """Shows one answer: feed() its pieces, then finish() or interrupt().

    Frames are written at most 20 times a second with everything that came since the last one;
    whoever feeds also calls tick() in the pauses. Use it in a ``with`` block: whatever happens, the
    cursor is shown and typing is echoed again after it.
    """

    def __init__(
        self,
        console: Console,
        *,
        plain: bool = False,
        content_type: str = "text/markdown",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._append_only = plain or not can_paint(console)
        self._clock = clock
        self._queued: list[str] = []
        self._replaced = False
        self._next_frame = clock()
        self._sanitizer = Sanitizer()
        self._view = self._choose_view(content_type)
        self._ended = False

    def _choose_view(self, content_type: str) -> View:
        if self._append_only:
            return AppendedView(self._console)
        return PaintedView(self._console, markdown=content_type != "text/plain")

    def feed(self, text: str) -> None:
        """More of the answer."""
        self._queued.append(text)
        self.tick()

    def replace(self, text: str) -> None:
        """The answer anew (``replace_response``): it takes the place of all text so far.

        What has scrolled off the screen can't be erased; then a dim line tells of the change.
        """
        self._queued = [text]
        self._replaced = True
        self.tick()

    @property
    def next_frame_in(self) -> float | None:
        """Seconds until tick() has something to show; None when nothing is queued."""
        if not self._queued:
            return None
        return max(0.0, self._next_frame - self._clock())

    def tick(self) -> None:
        """Paint what is queued, if the next frame is due."""
        if self.next_frame_in == 0.0:
            self._frame()

    def _frame(self) -> None:
        if not self._queued:
            return
        start = self._clock()
        if self._replaced:
            self._sanitizer = Sanitizer()
        text = self._sanitizer.feed("".join(self._queued))
        replaced, self._queued, self._replaced = self._replaced, [], False
        self._view.show(text, replace=replaced)
        now = self._clock()
        pause = min(_LONGEST_PAUSE_SECONDS, (now - start) * _PAUSE_PER_COST)
        self._next_frame = now + max(FRAME_SECONDS, pause)

    def finish(self) -> None:
        """The answer is complete: show all of it, and go to a new line."""
        self._end(stopped=False)

    def interrupt(self) -> None:
        """The answer was stopped: show what there is of it, marked as a part."""
        self._end(stopped=True)

    def _end(self, *, stopped: bool) -> None:
        if not self._ended:
            self._ended = True
            try:
                self._frame()
                self._view.finish(stopped=stopped)
            finally:
                self._view.close()

    def __enter__(self) -> MarkdownStream:  # noqa: PYI034 - typing.Self needs Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish; or, when an exception passes, keep what there is, marked."""
        self._end(stopped=kind is not None)
