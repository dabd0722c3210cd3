"""What the user's queries cost, as Poe's usage API tells it: newest first, the last ones only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from poecli.dev_events import CostRequested, DevEvent, UpstreamStarted
from poecli.emulator.state.turns import UserTurn
from poecli.protocol.prices import points

_KEPT_QUERIES = 2000


@dataclass
class _Query:
    bot: str
    kind: str  # of Poe's: "API", "Chat", "Canvas App"
    at_us: int
    cost: int = 0  # in milli-cents


class UsageLog:
    """Hears of turns, calls and costs. ``clock`` gives microseconds since 1970.

    A turn of the author's bot is one query with what the bot captured for it. A script's call to
    any other bot is one as well, and free: mocks cost nothing.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._queries: OrderedDict[str, _Query] = OrderedDict()

    def begin(self, turn: UserTurn) -> None:
        """A query is being handed to a bot of the author's."""
        if turn.message_id:
            self._note(turn.message_id, _Query(turn.bot, "Chat", self._clock()))

    def hear(self, event: DevEvent) -> None:
        """A script calls a bot, or a bot of the author's captures a cost."""
        if isinstance(event, UpstreamStarted):
            in_turn = event.message_id in self._queries
            # One that goes on to a bot of the author's is that bot's turn.
            if not in_turn and not event.mode.startswith("local"):
                self._note(f"call-{event.number}", _Query(event.bot, "API", self._clock()))
        elif isinstance(event, CostRequested) and event.kind == "capture" and event.ok:
            query = self._queries.get(event.message_id)
            if query is not None:
                query.cost += event.amount

    def page(self, limit: int, after: str | None) -> dict[str, Any] | None:
        """So many queries after one of that id; None when there is none of that id."""
        ids = list(reversed(self._queries))
        if after is not None and after not in self._queries:
            return None
        rest = ids if after is None else ids[ids.index(after) + 1 :]
        data = [self._entry(query_id) for query_id in rest[:limit]]
        return {"has_more": len(rest) > limit, "length": len(data), "data": data}

    def _note(self, query_id: str, query: _Query) -> None:
        self._queries[query_id] = query
        while len(self._queries) > _KEPT_QUERIES:
            self._queries.popitem(last=False)

    def _entry(self, query_id: str) -> dict[str, Any]:
        query = self._queries[query_id]
        return {
            "query_id": query_id,
            "creation_time": query.at_us,
            "bot_name": query.bot,
            "usage_type": query.kind,
            "cost_points": points(query.cost),
        }
