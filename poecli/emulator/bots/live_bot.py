"""The real Poe as an upstream bot: only where a mode names it, and paid by the author's API key."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from poecli.client.address import BotAddress
from poecli.client.bot_query import stream_events
from poecli.config.credentials import Secret, api_key_missing
from poecli.emulator.bots.upstream import BotCall
from poecli.emulator.faults import CutConnection
from poecli.emulator.outside import Outside
from poecli.errors import CutStream
from poecli.protocol.events import Event


class LiveBot:
    """A bot on Poe."""

    def __init__(self, base_url: str, api_key: Secret | None, outside: Outside) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._outside = outside

    async def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """What Poe answers. Raises KeyMissing, and what `stream_events` raises."""
        if self._api_key is None:
            raise api_key_missing()
        # The keys of the local query mean nothing to Poe; the API key goes in the header alone.
        request = call.request.model_copy(
            update={"access_key": "<missing>", "api_key": "<missing>"}
        )
        bot = BotAddress.on_poe(call.bot, self._base_url, self._api_key)
        events = stream_events(request, bot, session=self._outside.session)
        async with aclosing(events):
            try:
                async for event in events:
                    yield event
            except CutStream as error:
                raise CutConnection from error  # the bot sees what we saw
