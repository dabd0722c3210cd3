"""Files of `.poe/`: written whole, or appended to line by line; readable after any kill.

A process that is killed can leave a partial file, which nobody reads, or half of a last line,
which readers pass over and the next writer closes. What was written before an answer went out is
in the system's hands, so a killed process loses none of it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from poecli.protocol.foreign_json import loads

_numbers = itertools.count()
_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)  # Windows' own


def write_whole(file: Path, data: bytes) -> None:
    """Put ``data`` at ``file``: readers see the old file or the new one. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{os.getpid()}-{next(_numbers)}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


class JsonLines:
    """A file of one JSON object a line, only ever appended to."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._ready = False

    def append(self, *records: dict[str, Any]) -> None:
        """Add records, in one write. Raises OSError."""
        data = b"".join(_line(record) for record in records)
        if not self._ready:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            if self._is_torn():
                data = b"\n" + data
            self._ready = True
        # Path.open would cost three times as much, and a turn of a bot writes one record.
        descriptor = os.open(self.file, _APPENDING, 0o666)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def read(self) -> Iterator[dict[str, Any]]:
        """Every whole record; lines that can't be read are passed over."""
        try:
            stream = self.file.open("rb")
        except FileNotFoundError:
            return
        with stream:
            for line in stream:
                try:
                    record = loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict):
                    yield record

    def _is_torn(self) -> bool:
        """True when the last line was not finished."""
        try:
            with self.file.open("rb") as stream:
                if not stream.seek(0, os.SEEK_END):
                    return False
                stream.seek(-1, os.SEEK_END)
                return stream.read(1) != b"\n"
        except FileNotFoundError:
            return False


def _line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    # A text of this machine (a file's name) may hold what no encoding has.
    return text.encode("utf-8", "replace") + b"\n"
