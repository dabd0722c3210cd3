"""What happened on the local Poe, in two files of `.poe/`, before the answers it is about go out.

`platform.jsonl` has a line for each call, cost and push of settings. `turns.jsonl` has one for each
completed turn: what was asked (the last message; each query carries the whole conversation) and
the answer's bytes as they were sent. A file that has grown large is put aside as `NAME.1.jsonl`,
in place of the one before it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from poecli.config.redaction import masked_value, usable_keys
from poecli.dev_events import (
    Advice,
    CostRequested,
    DependencyRefused,
    DevEvent,
    Listener,
    SettingsStored,
    UpstreamEnded,
)
from poecli.protocol.requests import last_text
from poecli.safe_files import JsonLines, close_to_others, keep_out_of_git

PLATFORM_FILE = "platform.jsonl"
TURNS_FILE = "turns.jsonl"
_LARGEST_FILE = 32 * 1024 * 1024
_LARGEST_ANSWER = 1024 * 1024
_LOOK_EVERY = 64  # records between two looks at a file's size
_IDS = ("message_id", "conversation_id", "user_id", "bot_query_id")


class Journal:
    """Appends records. A full disk is told once and takes no answer away from the author.

    ``keys`` are masked in all that is written: an upstream bot may say what it was called with.
    """

    def __init__(self, folder: Path, report: Listener, keys: Sequence[str] = ()) -> None:
        close_to_others(folder)
        self._keys = usable_keys(keys)
        self._platform = JsonLines(folder / PLATFORM_FILE)
        self._turns = JsonLines(folder / TURNS_FILE)
        self._report = report
        self._failed = False
        self._written = 0

    def hear(self, event: DevEvent) -> None:
        """Keep what is worth a line: a call, a refused one, a cost, settings."""
        if isinstance(event, UpstreamEnded):
            self._note(
                "call",
                message_id=event.message_id,
                bot=event.bot,
                mode=event.mode,
                events=event.event_count,
                characters=event.characters,
                error=event.error,
            )
        elif isinstance(event, DependencyRefused):
            ids = {"message_id": event.message_id, "bot": event.bot}
            self._note("refused", **ids, upstream=event.upstream)
        elif isinstance(event, CostRequested):
            ids = {"message_id": event.message_id, "bot": event.bot}
            self._note("cost", **ids, step=event.kind, amount=event.amount, ok=event.ok)
        elif isinstance(event, SettingsStored):
            self._note("settings", bot=event.bot, source=event.source)

    def _note(self, kind: str, **fields: Any) -> None:
        self._append(self._platform, {"v": 1, "type": kind, "at_ms": _now_ms(), **fields})

    def keep_turn(self, bot: str, request: Mapping[str, Any], answer: bytes) -> None:
        """A turn is complete: the query's body, and the answer's bytes."""
        ids = {name: request.get(name) for name in _IDS}
        record = {"v": 1, "type": "turn", "at_ms": _now_ms(), "bot": bot, **ids}
        record["message"] = last_text(request)
        record["answer"] = answer[:_LARGEST_ANSWER].decode("utf-8", "replace")
        record["whole"] = len(answer) <= _LARGEST_ANSWER
        self._append(self._turns, record)

    def _append(self, lines: JsonLines, record: dict[str, Any]) -> None:
        try:
            if self._written % _LOOK_EVERY == 0:
                keep_out_of_git(lines.file.parent)
                for each in (self._platform, self._turns):
                    each.close()  # Windows renames no file that is open
                    _put_aside(each.file)
            self._written += 1
            lines.append(masked_value(record, self._keys) if self._keys else record)
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._report(
                    Advice(
                        f"{lines.file} can't be written.",
                        why=str(error),
                        hint="Your bot keeps running; nothing is recorded until there is space.",
                    )
                )


def _now_ms() -> int:
    return round(time.time() * 1000)


def _put_aside(file: Path) -> None:
    if file.exists() and file.stat().st_size > _LARGEST_FILE:
        file.replace(file.with_name(f"{file.stem}.1.jsonl"))
