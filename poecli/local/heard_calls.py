"""Which bots each bot of the author's called, and which the local Poe refused it.

Apart from `settings_view`, which takes its time to import.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from poecli.dev_events import DependencyRefused, DevEvent, TurnEnded, TurnStarted, UpstreamStarted


class HeardCalls:
    """``made`` and ``refused`` (with the number of calls declared), by the bot that called."""

    def __init__(self) -> None:
        self.made: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.refused: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._bot_of: dict[str, str] = {}  # a call names its message, a turn the bot

    def hear(self, event: DevEvent) -> None:
        if isinstance(event, TurnStarted):
            self._bot_of[event.message_id] = event.bot
        elif isinstance(event, UpstreamStarted) and event.message_id in self._bot_of:
            self.made[self._bot_of[event.message_id]][event.bot] += 1
        elif isinstance(event, DependencyRefused):
            self.refused[event.bot][event.upstream] = event.declared
        elif isinstance(event, TurnEnded):
            self._bot_of.pop(event.message_id, None)
