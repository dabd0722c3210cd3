"""The author's own bots, as upstream bots: each is asked at its URL on the dev server.

Where they run is the dev server's business; the emulator is handed a `LocalBots`.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from poecli.client.address import BotAddress
from poecli.client.bot_query import stream_events
from poecli.emulator.bots.latency import AT_ONCE, Latency, slowed
from poecli.emulator.bots.upstream import BotCall, SharedSession
from poecli.emulator.state.files import FileStore, with_parsed_content
from poecli.protocol.events import Event
from poecli.protocol.messages import IDENTIFIER_BYTES, identifier
from poecli.protocol.settings import SettingsResponse, effective


@dataclass(frozen=True)
class LocalBot(BotAddress):
    """Where a bot of the author's answers. ``settings`` is None when they are not known."""

    url_was_given: bool = False
    settings: SettingsResponse | None = None


class LocalBots(Protocol):
    """The bots of the project, by name, and any other target of the author's."""

    def names(self) -> Collection[str]:
        """The handles that answer for themselves."""
        ...

    async def reach(self, target: str) -> LocalBot:
        """The bot of that handle or target, started when needed. Raises PoeCliError."""
        ...


class LocalUpstream:
    """Another bot of the author's, asked as Poe would ask it."""

    def __init__(
        self,
        bots: LocalBots,
        target: str,
        shared: SharedSession,
        files: FileStore,
        latency: Latency = AT_ONCE,
    ) -> None:
        self._latency = latency
        self._bots = bots
        self._files = files
        self._target = target
        self._shared = shared

    async def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """A query of its own ids: its turn, its dependencies and its costs are its own."""
        bot = await self._bots.reach(self._target)
        fresh = identifier("m", secrets.token_bytes(IDENTIFIER_BYTES))
        request = call.request.model_copy(
            update={
                "message_id": fresh,
                "bot_query_id": base64.b32encode(secrets.token_bytes(20)).decode().lower(),
                "access_key": "<missing>",
                "api_key": "<missing>",
            }
        )
        if bot.settings is not None:
            # A PDF takes its time to read, and others are being answered meanwhile.
            request = await asyncio.to_thread(
                with_parsed_content, request, effective(bot.settings), self._files
            )
        stream = stream_events(request, bot, session=self._shared.session)
        async with aclosing(slowed(stream, self._latency)) as events:
            async for event in events:
                yield event
