"""A kept question asked once more, as a new turn."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.event_stream import Call, events_of
from poecli.client.exchange import session_or_own
from poecli.client.http import Session, Timeouts
from poecli.protocol.events import Event


async def answer_events(
    bot: BotAddress, body: Mapping[str, Any], session: Session | None
) -> AsyncGenerator[Event, None]:
    """The events of the answer to a query's body. They raise what `events_of` raises."""
    async with session_or_own(session, Timeouts()) as used:
        call = Call(bot, body, used, last=session is None)
        async with contextlib.aclosing(events_of(call)) as events:
            async for event in events:
                yield event
