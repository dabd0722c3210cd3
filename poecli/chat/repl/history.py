"""What a person typed, kept over chats: one file, for its owner only, safe with several chats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit.history import History

from poecli.safe_files import locked
from poecli.system_errors import reason_of

FILE_NAME = "chat_history"
_KEPT_BYTES = 1_000_000


class LockedHistory(History):
    """Lines of one or more rows; each row has a plus in front, as prompt_toolkit writes them.

    A file that can't be read or written costs one warning, and the lines stay in memory.
    """

    def __init__(self, file: Path, warn: Callable[[str], None]) -> None:
        self._file = file
        self._warn: Callable[[str], None] | None = warn
        super().__init__()

    def load_history_strings(self) -> Iterable[str]:
        """The lines, the newest first."""
        try:
            with self._file.open("rb") as stream:
                stream.seek(max(0, self._file.stat().st_size - _KEPT_BYTES))
                rows = stream.read().decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell(error)
            return []
        return reversed(list(_entries(rows)))

    def store_string(self, string: str) -> None:
        text = "".join(f"+{row}\n" for row in string.split("\n")) + "\n"
        data = text.encode("utf-8", "replace")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            # Two chats that write at once would mix their rows.
            with os.fdopen(handle, "ab", buffering=0) as stream, locked(handle):
                stream.write(data)
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        warn, self._warn = self._warn, None
        if warn is not None:
            warn(f"Your input is not stored: {reason_of(error)}.")


def _entries(rows: Iterable[str]) -> Iterator[str]:
    entry: list[str] = []
    for row in [*rows, ""]:
        if row.startswith("+"):
            entry.append(row[1:])
        elif entry:
            yield "\n".join(entry)
            entry = []
