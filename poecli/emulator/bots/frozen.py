"""Other bots, and the balance, as they were in a kept turn: nothing is asked, and nothing made up.

A call gets the answer to the same request; where the bot asks otherwise than it did, the answer to
its next call of that bot, so that one change shows as one. There is none for a call too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator

from poecli.emulator.bots.upstream import BotCall
from poecli.emulator.faults import CutConnection
from poecli.errors import UsageError
from poecli.protocol.events import Event, event_from_frame
from poecli.protocol.requests import QueryRequest
from poecli.turns.comparable import comparable
from poecli.turns.kept import KeptCall, KeptTurn


class FrozenTurn:
    """What stood around one kept turn, given out once. It is an UpstreamBot for every handle."""

    def __init__(self, turn: KeptTurn) -> None:
        self._number = turn.number
        self._calls: defaultdict[str, list[KeptCall]] = defaultdict(list)
        for call in sorted(turn.calls, key=lambda call: call.at_ms):
            self._calls[call.bot].append(call)
        self._paid: defaultdict[str, list[bool]] = defaultdict(list)
        for cost in turn.costs:
            self._paid[cost.kind].append(cost.ok)

    async def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """The kept events, at once. Raises UsageError for a call that was not kept."""
        kept = self._take(call)
        for event in kept.events:
            yield event_from_frame(event.frame)
        if kept.cut:
            raise CutConnection

    def pays(self, kind: str) -> bool:
        """Whether the next cost of that kind is paid, as it was; one more than was kept is."""
        return self._paid[kind].pop(0) if self._paid[kind] else True

    def _take(self, call: BotCall) -> KeptCall:
        left = self._calls[call.bot]
        if not left:
            raise UsageError(
                f"The kept turn has no such call to {call.bot}.",
                why="While a turn is replayed, other bots answer only what they answered then.",
                hint="To ask them anew: poe replay --fresh",
            )
        if len(left) == 1:
            return left.pop()
        asked = comparable(call.request, call.keys)
        same = (n for n, kept in enumerate(left) if _request_of(kept) == asked)
        return left.pop(next(same, 0))


def _request_of(kept: KeptCall) -> dict[str, object]:
    return comparable(QueryRequest.model_validate(kept.request), ())
