"""The message of a one-shot question: from the flag, from stdin, or from both.

Nothing waits in silence: an open pipe that says nothing is named on stderr, and given up in time.
"""

from __future__ import annotations

import codecs
import io
import os
import queue
import threading
from dataclasses import dataclass
from typing import TextIO

from poecli.errors import MissingChoice, UsageError
from poecli.terminal.console import Console, is_terminal

FROM_STDIN = "-"
_WORD_AFTER_SECONDS = 2.0
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class StdinRules:
    """Whether stdin is read, and how long its silence is borne; 0 seconds is without end."""

    read: bool = True
    timeout: float = 30.0


def is_one_shot(console: Console, message: str | None, rules: StdinRules) -> bool:
    """True when there is a message without a person at the keyboard."""
    return message is not None or (rules.read and not is_terminal(console.stdin))


def message_for(console: Console, message: str | None, rules: StdinRules) -> str:
    """The text to send: stdin first, then the flag's. Raises UsageError when it is empty."""
    parts = []
    if rules.read and (message == FROM_STDIN or not is_terminal(console.stdin)):
        parts.append(_read(console, rules))
    if message is not None and message != FROM_STDIN:
        parts.append(utf8(message))
    text = "\n\n".join(part.strip("\r\n") for part in parts if part.strip())
    if not text:
        raise MissingChoice(
            "The message is empty.",
            why="stdin was empty." if parts else "",
            hint="Pass --message TEXT, or pipe text into stdin.",
        )
    return text


def utf8(text: str) -> str:
    """A text that can be sent as JSON.

    Lone surrogates come from arguments that are no UTF-8, and from terminals on Windows:
    https://github.com/Aider-AI/aider/issues/3844
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read(console: Console, rules: StdinRules) -> str:
    data = _read_bytes(console.stdin, console, rules)
    # PowerShell 5 pipes UTF-16, and says so by a byte order mark.
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if wide else "utf-8", "replace")
    if "\ufffd" in text and b"\xef\xbf\xbd" not in data:
        console.warn("stdin is not UTF-8; unreadable bytes became \ufffd.")
    return text.removeprefix("\ufeff")


def _read_bytes(stream: TextIO, console: Console, rules: StdinRules) -> bytes:
    try:
        handle = stream.fileno()
    except (OSError, ValueError, io.UnsupportedOperation):
        return stream.read().encode("utf-8", "surrogateescape")
    chunks: queue.Queue[bytes | OSError] = queue.Queue()
    # A thread, because a pipe can't be waited for with a limit on Windows.
    threading.Thread(target=_pump, args=(handle, chunks), daemon=True).start()
    data: list[bytes] = []
    while True:
        chunk = _next(chunks, console, rules)
        if isinstance(chunk, OSError):
            raise UsageError("stdin can't be read.", why=str(chunk), hint="--no-stdin") from chunk
        if not chunk:
            return b"".join(data)
        data.append(chunk)


def _pump(handle: int, chunks: queue.Queue[bytes | OSError]) -> None:
    # os.read, not the stream: a thread that waits inside a stream's lock would block the exit.
    try:
        while chunk := os.read(handle, _CHUNK):
            chunks.put(chunk)
        chunks.put(b"")
    except OSError as error:
        chunks.put(error)


def _next(
    chunks: queue.Queue[bytes | OSError], console: Console, rules: StdinRules
) -> bytes | OSError:
    endless = rules.timeout <= 0
    word_after = _WORD_AFTER_SECONDS if endless else min(_WORD_AFTER_SECONDS, rules.timeout)
    try:
        return chunks.get(timeout=word_after)
    except queue.Empty:
        console.say("waiting for stdin (use --no-stdin, or </dev/null)")
    try:
        return chunks.get(timeout=None if endless else max(0.0, rules.timeout - word_after))
    except queue.Empty:
        raise UsageError(
            f"stdin is open, and nothing arrived for {rules.timeout:g} s.",
            why="The program at the other end neither writes to it nor closes it.",
            hint="Pass --no-stdin, or --stdin-timeout SECONDS for a slow program.",
            id="stdin-idle",
        ) from None
