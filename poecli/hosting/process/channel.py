"""The control channel between `poe dev` and one worker: JSON objects, one a line.

The worker reads it in a thread of its own, so that a closed channel (the parent is gone) ends the
process even while the author's code blocks. Down: warm, rehearse, prepare, load, exit. Up:
warm, ready, failed, log, traceback, stall, debugger, wrote.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

Message = Mapping[str, Any]
# The stream of a log message that is ours, not the bot's.
OF_POE = "poe"
# The parent reads lines up to this; whoever sends cuts long texts first.
MAX_LINE_BYTES = 8 * 1024 * 1024


class Channel:
    """The worker's end. ``send`` may be called from any thread and never raises."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._file = _identity(outgoing)
        self._lock = threading.Lock()

    @classmethod
    def over_stdio(cls) -> Channel:
        """The channel of a spawned worker: its stdin and stdout, which it gives up for this.

        What the bot prints goes to stderr from then on, and its stdin is empty.
        """
        incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return cls(incoming, outgoing)

    @classmethod
    def over_socket(cls, connection: socket.socket) -> Channel:
        """The channel of a forked worker."""
        return cls(connection.makefile("rb"), connection.makefile("wb"))

    def send(self, type: str, **values: Any) -> None:
        """Tell the parent; silence when it is gone, since the reading side notices that."""
        line = json.dumps({"type": type, **values}, default=str).encode() + b"\n"
        with self._lock:
            if not self.is_open():
                return
            try:
                self._outgoing.write(line)
                self._outgoing.flush()
            except (OSError, ValueError):
                return

    def is_open(self) -> bool:
        """False once the author's code has closed it, as os.closerange does: its number may be that
        of another file by then.
        """
        return self._file == _identity(self._outgoing)

    def receive(self) -> Message | None:
        """The next message; None once the parent is gone."""
        try:
            line = self._incoming.readline()
        except (OSError, ValueError):
            return None
        return read_message(line) if line.endswith(b"\n") else None

    def messages(self) -> Iterator[Message]:
        """Every message until the parent is gone."""
        while (message := self.receive()) is not None:
            yield message

    def watch(self, take: Callable[[Message], None], gone: Callable[[], None]) -> None:
        """Read on in a daemon thread: each message to ``take``, the end to ``gone``."""

        def read() -> None:
            for message in self.messages():
                take(message)
            gone()

        threading.Thread(target=read, name="poe-control", daemon=True).start()


def _identity(file: BinaryIO) -> tuple[int, int] | None:
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def read_message(line: bytes) -> Message:
    """One line of the channel. Raises ValueError for what is no JSON object."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise TypeError("a message is a JSON object")
    return message


def flush_standard_streams() -> None:
    """Write out what the bot printed, before a process ends without clean-up."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # closed by the author, or its reader is gone
            continue
