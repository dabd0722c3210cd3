"""Which kept turns are meant, and the answers that are expected of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from poecli.commands.replay.flags import ReplayFlags
from poecli.errors import UsageError
from poecli.turns.exporting import export_turns
from poecli.turns.journal import STATE_FOLDER, accepted_file
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import (
    find_turns,
    last_turns,
    no_turn_yet,
    read_exported,
    read_turns,
)


@dataclass(frozen=True)
class TurnChoice:
    """The turns of a project, or of a file. Answers that were accepted stand in for kept ones."""

    root: Path  # of the project
    named: tuple[str, ...] = ()
    last: int | None = None
    file: Path | None = None
    _accepted: dict[str, KeptTurn] = field(default_factory=dict)

    @classmethod
    def of(cls, flags: ReplayFlags, root: Path) -> TurnChoice:
        """From the flags. Raises UsageError for a choice of two kinds at once."""
        files = [Path(text) for text in flags.turns if Path(text).is_file()]
        if files and (len(flags.turns) > 1 or flags.last is not None):
            raise UsageError("A file of turns is replayed alone.", hint=f"poe replay {files[0]}")
        if flags.turns and flags.last is not None:
            raise UsageError("--last and turns by number exclude each other.")
        if files:
            return cls(root, file=files[0])
        return cls(root, flags.turns, flags.last)

    def turns(self) -> Iterator[KeptTurn]:
        """The turns, each with the answer that is expected. Raises UsageError for none."""
        none = True
        for turn in self._kept():
            none = False
            yield self._expected(turn)
        if none:
            raise no_turn_yet()

    def accept(self, turn: KeptTurn, seen: KeptTurn) -> None:
        """From now on ``seen`` is expected of the turn; in a file, after `save`.

        Raises UsageError where that can't be kept.
        """
        new = replace(seen, number=turn.number, id=turn.id, at_ms=turn.at_ms)
        if self.file is None:
            export_turns([new], self._place(turn))
        else:  # its other turns are written as well: once, and not for each
            stored = [replace(file, source=file.read()) for file in new.files]
            self._accepted[turn.id] = replace(new, stored=tuple(stored))

    def save(self) -> None:
        """Write the file, if anything of it was accepted. Raises UsageError where that can't be."""
        if self.file is not None and self._accepted:
            turns = read_exported(self.file)
            turns = [self._accepted.get(turn.id, turn) for turn in turns]
            export_turns(turns, self.file, private=False)
            self._accepted.clear()

    def _kept(self) -> Iterator[KeptTurn]:
        if self.file is not None:
            yield from read_exported(self.file)
        elif self.named:
            yield from find_turns(self.root, self.named)
        elif self.last is not None:
            yield from last_turns(self.root, self.last)
        else:
            yield from read_turns(self.root)

    def _expected(self, turn: KeptTurn) -> KeptTurn:
        place = self._place(turn)
        if self.file is not None or not place.is_file():
            return turn
        accepted = read_exported(place)[0]
        return replace(accepted, number=turn.number, id=turn.id, at_ms=turn.at_ms)

    def _place(self, turn: KeptTurn) -> Path:
        return accepted_file(self.root / STATE_FOLDER, turn.id)
