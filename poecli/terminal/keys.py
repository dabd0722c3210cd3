"""Single keys, typed while something runs. One small interface over each platform's own way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from poecli.terminal.console import Console

# An arrow or a function key comes as one of these and means nothing here.
_SEQUENCES = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O.|.)")
OnKey = Callable[[str], None]


@contextmanager
def keys(console: Console, on_key: OnKey) -> Iterator[bool]:
    """Call ``on_key`` with each key while this lasts; gives False where no one can type.

    To be used on a running event loop. Ctrl-C stays a signal.
    """
    if not console.can_ask:
        yield False
        return
    with _read_keys(console, on_key):
        yield True


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _read_keys(_console: Console, on_key: OnKey) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        over = threading.Event()

        def read() -> None:
            while not over.wait(0.05):
                if msvcrt.kbhit():
                    loop.call_soon_threadsafe(on_key, msvcrt.getwch())

        threading.Thread(target=read, name="poe-keys", daemon=True).start()
        try:
            yield
        finally:
            over.set()

else:
    import termios
    import tty

    @contextmanager
    def _read_keys(console: Console, on_key: OnKey) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        fd = console.stdin.fileno()
        before = termios.tcgetattr(fd)
        tty.setcbreak(fd)

        def read() -> None:
            text = os.read(fd, 64).decode(errors="ignore")
            if not text:  # the terminal is gone
                loop.remove_reader(fd)
            for key in _SEQUENCES.sub("", text):
                on_key(key)

        loop.add_reader(fd, read)
        try:
            yield
        finally:
            loop.remove_reader(fd)
            with contextlib.suppress(termios.error):
                termios.tcsetattr(fd, termios.TCSADRAIN, before)
