"""Other bots, and the balance, as they were in a kept turn: nothing is asked, and nothing made up.

A call gets the answer to the same request; where the bot asks otherwise than it did, the answer to
its next call of that bot, so that one change shows as one. There is none for a call too many,
unless the turn ``asks_more``: then it is asked as any other.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import AsyncGenerator

from poecli.emulator.bots.upstream import BotCall
from poecli.emulator.faults import CutConnection
from poecli.emulator.state.turns import UserTurn
from poecli.errors import UsageError
from poecli.protocol.events import Event, event_from_frame
from poecli.protocol.requests import QueryRequest
from poecli.turns.comparable import comparable
from poecli.turns.kept import KeptCall, KeptTurn

# A bot may still call others shortly after its answer ended.
_MOST_TURNS = 32


class FrozenTurn:
    """What stood around one kept turn, given out once. It is an UpstreamBot for every handle."""

    def __init__(self, turn: KeptTurn, *, asks_more: bool = False) -> None:
        self._asks_more = asks_more
        self._calls: defaultdict[str, list[KeptCall]] = defaultdict(list)
        for call in sorted(turn.calls, key=lambda call: call.at_ms):
            self._calls[call.bot].append(call)
        self._paid: defaultdict[str, list[bool]] = defaultdict(list)
        for cost in turn.costs:
            self._paid[cost.kind].append(cost.ok)

    def answers(self, bot: str) -> bool:
        """Whether the next call of a bot is its own to answer."""
        return bool(self._calls[bot]) or not self._asks_more

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


class FrozenTurns:
    """The turns around which everything stands still, by the id of the answer to come."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, FrozenTurn] = OrderedDict()

    def freeze(self, message_id: str, frozen: FrozenTurn) -> None:
        """From now on the calls of that turn get the answers of ``frozen``."""
        self._turns.pop(message_id, None)
        self._turns[message_id] = frozen
        while len(self._turns) > _MOST_TURNS:
            self._turns.popitem(last=False)

    def around(self, turn: UserTurn | None) -> FrozenTurn | None:
        """What stands around a turn; None where other bots answer as ever."""
        return None if turn is None else self._turns.get(turn.message_id)


def _request_of(kept: KeptCall) -> dict[str, object]:
    return comparable(QueryRequest.model_validate(kept.request), ())
