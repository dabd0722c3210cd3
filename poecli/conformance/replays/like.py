"""--like: where a model's chance decides the letters, only what a test names is compared.

The expectations are those of a ``*.chat.toml``: a kept turn is held against the ``[[turn]]`` with
the same words of the user, the second such turn against the second one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from poecli.conformance.chats.answer import Answer, UpstreamCall, failures, untestable
from poecli.conformance.chats.file import ChatTurn, read_chat_file
from poecli.protocol.events import event_from_frame
from poecli.turns.comparison import Difference
from poecli.turns.kept import KeptTurn

_MS = 1000


class Expectations:
    """What some files expect of answers. Raises ProjectFileError for one that can't be read."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._turns: defaultdict[str, list[ChatTurn]] = defaultdict(list)
        for file in files:
            for turn in read_chat_file(file).turns:
                self._turns[turn.user].append(turn)
        self._asked: Counter[str] = Counter()

    def differences(self, seen: KeptTurn) -> tuple[list[Difference], str]:
        """What the answer lacks, and why nothing can be said about it."""
        turns = self._turns.get(seen.question)
        if not turns:
            return [], "no [[turn]] has this text of the user"
        expected = turns[self._asked[seen.question] % len(turns)].expected
        self._asked[seen.question] += 1
        answer = _answer(seen)
        lacking = list(_differences(failures(expected, answer)))
        reason = untestable(expected, answer)
        if reason and (lacking or expected.calls is not None):
            return [], reason
        return lacking, ""


def _differences(sentences: Sequence[str]) -> Iterator[Difference]:
    for sentence in sentences:
        yield Difference("expected", sentence)


def _answer(turn: KeptTurn) -> Answer:
    events = turn.answer.events
    return Answer(
        events=tuple(event_from_frame(event.frame) for event in events),
        first_event=events[0].at_ms / _MS if events else None,
        calls=tuple(UpstreamCall(call.bot, call.mode, call.error) for call in turn.calls),
        reply=turn.answer.reply,
    )
