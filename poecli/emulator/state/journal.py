"""What happened on the local Poe, kept in `.poe/` before the answers it is about go out.

The turns are kept by `poecli.turns`; `platform.jsonl` has a line for each push of settings, and
for each call of a script, which belongs to no turn. When it has grown large it is put aside as
`platform.1.jsonl`, in place of the one before it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.config.redaction import masked_value, usable_keys
from poecli.dev_events import (
    Advice,
    BotRaised,
    CostRequested,
    DependencyRefused,
    DevEvent,
    Listener,
    LogLine,
    SettingsStored,
    TurnStarted,
    UpstreamEnded,
    ViolationSeen,
)
from poecli.emulator.state.turns import Turns, UserTurn
from poecli.safe_files import JsonLines, close_to_others, keep_out_of_git
from poecli.suggestions import shown_path
from poecli.system_errors import why_of
from poecli.turns import records
from poecli.turns.journal import Retention
from poecli.turns.kept import KeptAnswer, KeptCall, KeptCost, KeptFault, KeptPrint
from poecli.turns.wire import wire_of
from poecli.turns.writing import TurnWriter

PLATFORM_FILE = "platform.jsonl"
_LARGEST_FILE = 32 * 1024 * 1024
_LOOK_EVERY = 64  # records between two looks at the folder
_KNOWN_TURNS = 512  # of which something may still be heard
_MOST_PRINTED = 64 * 1024  # characters of one turn


@dataclass
class _Noted:
    """A turn that things are noted for; of what it prints there is ``room`` for so much more."""

    turn: UserTurn
    room: int = _MOST_PRINTED


class Journal:
    """Appends what happens. A full disk is told once and takes no answer away from the author.

    ``keys`` are masked in all that is written: an upstream bot may say what it was called with.
    """

    def __init__(
        self,
        folder: Path,
        report: Listener,
        keys: Sequence[str],
        turns: Turns,
        keep: Retention = Retention(),  # noqa: B008 - frozen
    ) -> None:
        close_to_others(folder)
        self._folder = folder
        self._keys = usable_keys(keys)
        self._platform = JsonLines(folder / PLATFORM_FILE)
        self._writer = TurnWriter(folder, keys, keep)
        self._turns = turns
        self._noted: OrderedDict[str, _Noted] = OrderedDict()
        self._report = report
        self._failed = False
        self._written = 0

    # --- turns ---

    def begin_turn(self, turn: UserTurn) -> None:
        """What is heard from now on may belong to this turn."""
        self._noted[turn.id] = _Noted(turn)
        if len(self._noted) > _KNOWN_TURNS:
            self._noted.popitem(last=False)

    def keep_turn(self, started: TurnStarted, answer: KeptAnswer) -> None:
        """A turn is complete."""
        request = started.request
        wire = wire_of(started.target, started.headers, started.raw, request)
        self._keep(
            lambda: self._writer.turn(
                started.id, started.bot, started.path, request, answer, wire=wire
            )
        )

    def keep_call(self, turn: UserTurn, number: int, call: KeptCall, keys: Sequence[str]) -> None:
        """A call of a turn to an upstream bot is over; ``keys`` came with it."""
        chat = str(call.request.get("conversation_id"))
        self._keep(lambda: self._writer.call(turn.id, f"{turn.id}.{number}", chat, call, keys))

    def keep_note(self, turn_id: str, event: LogLine | BotRaised | ViolationSeen) -> None:
        """What a bot printed, where it broke."""
        noted = self._noted.get(turn_id)
        if isinstance(event, LogLine):
            if noted is not None and noted.room > 0:
                text = event.text[: noted.room]
                noted.room -= len(text) + 1
                printed = KeptPrint(text, event.stream, noted.turn.ms)
                self._note(records.note_record(turn_id, printed))
        elif isinstance(event, BotRaised):
            self._fault(turn_id, KeptFault("raised", event.message, detail=event.traceback))
        else:
            fault = KeptFault("violation", event.detail, event.rule, event.fix)
            self._fault(turn_id, fault)

    def forget_turns(self) -> None:
        """Take away the turns that were kept so far. Raises OSError."""
        self._writer.empty()

    def hear(self, event: DevEvent) -> None:
        """Keep what is worth a line: a call of a script, a refused one, a cost, settings."""
        if isinstance(event, SettingsStored):
            self._of_platform("settings", bot=event.bot, source=event.source)
        elif isinstance(event, (UpstreamEnded, CostRequested, Advice)) and event.message_id:
            self._of_turn(event)
        elif isinstance(event, UpstreamEnded):
            self._call_of_script(event)

    def _of_turn(self, event: UpstreamEnded | CostRequested | Advice) -> None:
        turn = self._turns.find(message_id=event.message_id)
        if turn is None:
            if isinstance(event, UpstreamEnded):
                self._call_of_script(event)
        elif isinstance(event, CostRequested):
            cost = KeptCost(event.kind, event.amount, event.ok, turn.ms)
            self._note(records.note_record(turn.id, cost))
        elif isinstance(event, Advice):
            kind = "refused" if isinstance(event, DependencyRefused) else "advice"
            self._fault(turn.id, KeptFault(kind, event.message, detail=event.hint))

    def _fault(self, turn_id: str, fault: KeptFault) -> None:
        self._note(records.note_record(turn_id, fault))

    def _note(self, record: records.Record) -> None:
        self._keep(lambda: self._writer.note(record))

    # --- what belongs to no turn ---

    def _call_of_script(self, event: UpstreamEnded) -> None:
        self._of_platform(
            "call",
            message_id=event.message_id,
            bot=event.bot,
            mode=event.mode,
            events=event.event_count,
            characters=event.characters,
            error=event.error,
        )

    def _of_platform(self, kind: str, **fields: Any) -> None:
        record = {"v": 1, "type": kind, "at_ms": round(time.time() * 1000), **fields}
        masked = masked_value(record, self._keys) if self._keys else record
        self._keep(lambda: self._platform.append(masked))

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            if self._written % _LOOK_EVERY == 0:
                keep_out_of_git(self._folder)
                self._platform.close()  # Windows renames no file that is open
                _put_aside(self._platform.file)
            self._written += 1
            write()
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._report(
                    Advice(
                        f"{shown_path(self._folder)} can't be written.",
                        why=why_of(error),
                        hint="Your bot keeps running; nothing is recorded until this works.",
                    )
                )


def _put_aside(file: Path) -> None:
    if file.exists() and file.stat().st_size > _LARGEST_FILE:
        file.replace(file.with_name(f"{file.stem}.1.jsonl"))
