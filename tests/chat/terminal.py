"""A real terminal around a real process: what is typed goes in, what is seen comes out."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests import ptys, warm_python

LIMIT_SECONDS = 30.0
PROMPT = "tester>"  # of a bot at …/bot/tester
WIDTH, HEIGHT = 100, 30


class Terminal:
    """A pseudo-terminal whose screen and scrollback are emulated by pyte."""

    def __init__(self, process: subprocess.Popen[bytes], handle: int) -> None:
        self._process = process
        self._handle = handle
        self._screen = pyte.HistoryScreen(WIDTH, HEIGHT, history=5000)
        self._stream = pyte.ByteStream(self._screen)
        self.exit_code: int | None = None

    @property
    def rows(self) -> list[str]:
        """Everything seen so far: scrollback, then screen."""
        top = ["".join(row[i].data for i in range(len(row))) for row in self._screen.history.top]
        return [row.rstrip() for row in [*top, *self._screen.display]]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def press(self, keys: str) -> None:
        os.write(self._handle, keys.encode())

    def wait_for(self, text: str, *, times: int = 1) -> str:
        """Read until the text is seen so often; all that is seen then."""
        until = time.monotonic() + LIMIT_SECONDS
        while self.text.count(text) < times:
            if time.monotonic() > until or not self._read():
                raise AssertionError(f"{text!r} was not seen {times} times in:\n{self.text}")
        return self.text

    def send(self, line: str, answer: str, *, times: int = 1, prompt: str = PROMPT) -> str:
        """Type a line; wait for what it brings and for the next prompt."""
        prompts = self.text.count(prompt)
        self.press(f"{line}\r")
        self.wait_for(answer, times=times)
        return self.wait_for(prompt, times=prompts + 1)

    def resize(self, width: int, height: int) -> None:
        self._screen.resize(height, width)
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self.wait_until_over()

    def wait_until_over(self) -> int:
        """Read to the end; the exit code, negative for a signal."""
        until = time.monotonic() + LIMIT_SECONDS
        while self._read():
            assert time.monotonic() < until, self.text
        self.exit_code = self._process.wait(LIMIT_SECONDS)
        return self.exit_code

    def _read(self) -> bool:
        """Feed what there is, waiting a little; False at the end."""
        if not select.select([self._handle], [], [], 0.05)[0]:
            return True
        try:
            data = os.read(self._handle, 65536)
        except OSError:  # Linux reports the end of a terminal so
            return False
        self._stream.feed(data)
        return bool(data)

    def close(self) -> None:
        if self.exit_code is None:
            self.kill()
        os.close(self._handle)


@contextmanager
def terminal(
    *arguments: str, env: Mapping[str, str], cwd: Path, python: tuple[str, ...] = ()
) -> Iterator[Terminal]:
    """`poe` with these arguments in a terminal of its own; killed at the end if need be.

    ``python`` are flags of the interpreter; with one, the start is a cold one.
    """
    # The emulator does not answer questions about the cursor.
    full = {**os.environ, **env, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    for name in ("COLUMNS", "LINES"):  # xdist's workers have them; they would beat the real size
        full.pop(name, None)
    command = warm_python.python(*python, "-m", "poecli", *arguments, warm=not python)
    found = Terminal(*ptys.start(command, env=full, cwd=cwd, rows=HEIGHT, columns=WIDTH))
    try:
        yield found
    finally:
        found.close()
