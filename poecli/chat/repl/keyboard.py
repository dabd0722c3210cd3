"""Keys pressed while an answer arrives: Ctrl-C and Esc stop it, all others wait for the prompt."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

# A second Ctrl-C within this time leaves.
AGAIN_SECONDS = 2.0
# Other keys begin with the code of Esc too; what belongs to one key comes at once.
_ESC_ALONE_SECONDS = 0.1


class Keyboard:
    """``keys`` is where prompts read from."""

    def __init__(self, keys: Input) -> None:
        self.keys = keys
        self._interrupted = float("-inf")

    def interrupted_again(self) -> bool:
        """Ctrl-C was pressed now; True for the second time within `AGAIN_SECONDS`."""
        before, self._interrupted = self._interrupted, time.monotonic()
        return self._interrupted - before < AGAIN_SECONDS

    @contextlib.contextmanager
    def stopping(self, stop: Callable[[], object], *, read_keys: bool) -> Iterator[None]:
        """While inside, Ctrl-C calls ``stop`` within the running loop; with ``read_keys`` Esc too.

        Without ``read_keys`` somebody else may read the terminal meanwhile.
        """
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGINT)

        def interrupted() -> None:
            self.interrupted_again()
            stop()

        def handle(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(interrupted)

        # signal.signal and not loop.add_signal_handler: that one does not exist on Windows.
        signal.signal(signal.SIGINT, handle)
        try:
            with self._esc(loop, stop) if read_keys else contextlib.nullcontext():
                yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextlib.contextmanager
    def _esc(self, loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> Iterator[None]:
        kept: list[KeyPress] = []
        waiting: list[asyncio.TimerHandle] = []

        def read() -> None:
            kept.extend(key for key in self.keys.read_keys() if key.key != Keys.CPRResponse)
            while waiting:
                waiting.pop().cancel()
            waiting.append(loop.call_later(_ESC_ALONE_SECONDS, flush))

        def flush() -> None:
            rest = self.keys.flush_keys()
            if [key.key for key in rest] == [Keys.Escape]:
                stop()
            else:
                kept.extend(rest)

        with self.keys.attach(read):
            try:
                yield
            finally:
                while waiting:
                    waiting.pop().cancel()
                store_typeahead(self.keys, kept)
