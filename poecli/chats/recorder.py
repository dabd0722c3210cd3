"""Keeps a chat while it happens; a store that fails costs a warning, never an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from poecli.chats.turns import ChatRecord, Turn
from poecli.protocol.sse import Frame
from poecli.system_errors import reason_of

if TYPE_CHECKING:
    from poecli.chats.store import ChatStore

T = TypeVar("T")


class Recorder:
    """Writes to a store as long as that works. Without a store it does nothing."""

    def __init__(self, store: ChatStore | None, warn: Callable[[str], None]) -> None:
        self.store = store
        self._warn = warn
        self._begun: str | None = None

    def begin_turn(self, chat: ChatRecord, turn: Turn) -> None:
        if self._begun != chat.id:
            self._try(lambda store: store.begin_chat(chat))
            self._begun = chat.id
        turn.row = self._try(lambda store: store.begin_turn(chat.id, turn))

    def resume(self, chat: ChatRecord) -> None:
        """The chat's head is in the store already."""
        self._begun = chat.id

    def turns_of(self, chat: ChatRecord, known: Sequence[Turn]) -> Sequence[Turn] | None:
        """The turns of the chat; None where they are those that are known already."""
        if self._begun != chat.id or any(turn.row is None for turn in known):
            return None
        rows = self._try(lambda store: store.rows(chat.id))
        if rows is None or rows == [turn.row for turn in known]:
            return None
        return self._try(lambda store: store.turns(chat.id))

    def add_event(self, turn: Turn, at_ms: float, frame: Frame) -> None:
        row, answer = turn.row, turn.answer
        if row is not None:
            position, round_ = len(answer.timeline), len(answer.replies) - 1
            self._try(lambda store: store.add_event(row, position, round_, at_ms, frame))

    def end_turn(self, turn: Turn) -> None:
        if (row := turn.row) is not None:
            self._try(lambda store: store.end_turn(row, turn.answer.outcome))

    def remove(self, turn: Turn) -> None:
        """The turn no longer belongs to the chat."""
        if (row := turn.row) is not None:
            self._try(lambda store: store.remove_turn(row))

    def fork(self, chat: ChatRecord, turns: Sequence[Turn]) -> None:
        """``turns`` begin a chat of their own, ``chat``; each gets the number of its copy."""
        self._try(lambda store: store.begin_chat(chat))
        self._begun = chat.id
        rows = [turn.row for turn in turns if turn.row is not None]
        copies = self._try(lambda store: store.copy_turns(rows, chat.id)) or []
        for turn, row in zip((t for t in turns if t.row is not None), copies, strict=False):
            turn.row = row

    def _try(self, write: Callable[[ChatStore], T]) -> T | None:
        if self.store is None:
            return None
        try:
            return write(self.store)
        except self.store.errors as error:
            self.store = None
            self._warn(f"This chat is not stored any more: {reason_of(error)}.")
            return None
