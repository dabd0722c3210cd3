"""What happened on the local Poe, one line each, in `.poe/platform.jsonl`.

A full disk must not take an answer away from the author: what can't be written is said once.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from poecli.emulator.reports import Complaint, Reporter
from poecli.emulator.storage import JsonLines

FILE_NAME = "platform.jsonl"


class Journal:
    """The record of turns, calls, costs and settings."""

    def __init__(self, folder: Path, report: Reporter) -> None:
        self._lines = JsonLines(folder / FILE_NAME)
        self._report = report
        self._failed = False

    def note(self, kind: str, **fields: Any) -> None:
        """Write one line, before the answer it is about goes out."""
        record = {"v": 1, "type": kind, "at_ms": round(time.time() * 1000), **fields}
        try:
            self._lines.append(record)
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._report(
                    Complaint(
                        "",
                        f"{self._lines.file} can't be written.",
                        why=str(error),
                        hint="Your bot goes on; what happens is not kept until there is space.",
                    )
                )
