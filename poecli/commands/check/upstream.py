"""The bots that a checked bot calls: what was asked of them, and what that says of the bot."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence

from poecli.conformance.chats.answer import UpstreamCall
from poecli.conformance.dependencies import UpstreamCalls
from poecli.dev_events import (
    DependencyRefused,
    DevEvent,
    TurnEnded,
    TurnStarted,
    UpstreamEnded,
    UpstreamStarted,
)
from poecli.local.poes_own_bots import PoesOwnBots
from poecli.waiting import within

_TRACE_SECONDS = 5.0  # an answer's end is told at once; a machine under load may take longer


class CallLog:
    """The bots' calls to other bots: of each bot, and of each answer by its message id."""

    def __init__(self, poes_own: PoesOwnBots) -> None:
        self.by_bot: defaultdict[str, UpstreamCalls] = defaultdict(UpstreamCalls)
        self.poes_own = poes_own
        self._by_answer: defaultdict[str, list[UpstreamCall]] = defaultdict(list)
        self._troubles: dict[str, str] = {}
        self._bot_of: dict[str, str] = {}  # a call names its message, a turn the bot
        self._ended: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def hear(self, event: DevEvent) -> None:
        """Remember what was called and what was refused."""
        if isinstance(event, TurnStarted):
            self._bot_of[event.message_id] = event.bot
        elif isinstance(event, UpstreamStarted):
            self.poes_own.calls[event.bot] += event.bot in self.poes_own.modes
        elif isinstance(event, UpstreamEnded):
            self.by_bot[self._bot_of.get(event.message_id, "")].made[event.bot] += 1
            trouble = event.trouble or self.poes_own.doubt(event.bot)
            call = UpstreamCall(event.bot, event.mode, event.error, trouble)
            self._by_answer[event.message_id].append(call)
            if event.trouble:
                self._troubles[event.message_id] = event.trouble
        elif isinstance(event, DependencyRefused):
            self.by_bot[event.bot].refused[event.upstream] = event.declared
        elif isinstance(event, TurnEnded):
            self._ended[event.message_id].set()

    async def of_answer(self, message_id: str) -> Sequence[UpstreamCall]:
        """The calls that were made for an answer, once it is over."""
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self._ended[message_id].wait(), _TRACE_SECONDS)
        return self._by_answer[message_id]

    async def doubt(self, message_id: str) -> str:
        """Why a fault of an answer may be none of the bot: a bot it called had no answer."""
        if message_id not in self._bot_of:
            return ""  # the request came to no bot
        await self.of_answer(message_id)
        return self._troubles.get(message_id, "")
