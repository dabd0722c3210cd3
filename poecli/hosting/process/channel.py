"""The worker's end of the control channel between it and `poe dev` (messages).

It is read in a thread of its own, so that a closed channel (the parent is gone) ends the process
even while the author's code blocks.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from poecli.hosting.process.messages import Message, UnknownMessage, decode, encode

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

    def send(self, message: Message) -> None:
        """Silence when the parent is gone, since the reading side notices that."""
        line = encode(message)
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
        """The next message; None once the parent is gone, or is not one that can be understood."""
        try:
            line = self._incoming.readline()
        except (OSError, ValueError):
            return None
        if not line.endswith(b"\n"):
            return None
        try:
            return decode(line)
        except UnknownMessage as error:
            os.write(2, f"{error}\n".encode())
            return None

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


def flush_standard_streams() -> None:
    """Write out what the bot printed, before a process ends without clean-up."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # closed by the author, or its reader is gone
            continue
