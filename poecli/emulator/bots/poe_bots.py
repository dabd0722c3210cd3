"""The real Poe as an upstream bot: asked live, recorded as it answers, and played back.

Only where a mode names it, and paid by the author's API key; for a query that came from Poe
through a tunnel by its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from poecli.client.address import BotAddress
from poecli.client.bot_query import stream_events
from poecli.config.credentials import Secret, api_key_missing
from poecli.dev_events import Advice, Listener
from poecli.emulator.bots.cassette import Cassette, Recording
from poecli.emulator.bots.latency import AT_ONCE, Latency, slowed
from poecli.emulator.bots.upstream import BotCall, SharedSession, UpstreamBot, frame_of
from poecli.emulator.faults import CutConnection
from poecli.errors import CutStream, UsageError
from poecli.protocol.events import Done, Event, event_from_frame
from poecli.turns.comparable import comparable
from poecli.turns.kept import RecordedEvent


class LiveBot:
    """A bot on Poe."""

    def __init__(self, base_url: str, api_key: Secret | None, shared: SharedSession) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._shared = shared

    async def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """What Poe answers. Raises KeyMissing, and what `stream_events` raises."""
        key, request = self._api_key, call.request
        if call.turn is not None and call.turn.tunneled and call.keys:
            # A query that Poe sent: its own key and ids are what Poe bills the user by.
            key = Secret(call.keys[0])
        else:
            # Those of a local query mean nothing to Poe; the API key goes in the header alone.
            blank = {"access_key": "<missing>", "api_key": "<missing>"}
            request = request.model_copy(update=blank)
        if key is None:
            raise api_key_missing()
        bot = BotAddress.on_poe(call.bot, self._base_url, key)
        events = stream_events(request, bot, session=self._shared.session)
        async with aclosing(events):
            try:
                async for event in events:
                    yield event
            except CutStream as error:
                raise CutConnection from error  # the bot sees what we saw


class RecordingBot:
    """Passes another bot's answers on and keeps each that comes to its end, or is cut."""

    def __init__(
        self, bot: UpstreamBot, cassette: Cassette, keys: Sequence[str], report: Listener
    ) -> None:
        self._bot = bot
        self._report = report
        self._cassette = cassette
        self._keys = tuple(keys)

    async def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """The events as they come. An answer the caller left is not kept: it was not whole."""
        keys = (*self._keys, *call.keys)
        request = comparable(call.request, keys)
        began = time.monotonic()
        recorded: list[RecordedEvent] = []

        def keep(*, cut: bool) -> None:
            recording = Recording(call.bot, request, tuple(recorded), cut)
            try:
                self._cassette.add(recording, keys)
            except UsageError as error:  # the answer itself is whole, and goes on
                message_id = call.request.message_id
                self._report(Advice(error.message, error.why, error.hint, message_id))

        async with aclosing(self._bot.answer(call)) as events:
            try:
                async for event in events:
                    at_ms = round((time.monotonic() - began) * 1000, 1)
                    recorded.append(RecordedEvent(at_ms, frame_of(event)))
                    if isinstance(event, Done):
                        keep(cut=False)
                    yield event
            except CutConnection:
                keep(cut=True)
                raise


class ReplayingBot:
    """Answers from a cassette."""

    def __init__(self, cassette: Cassette, keys: Sequence[str], latency: Latency = AT_ONCE) -> None:
        self._cassette = cassette
        self._keys = tuple(keys)
        self._latency = latency

    def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """The recorded events. Raises UsageError for a request that was never recorded."""
        return slowed(self._answer(call), self._latency)

    async def _answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        request = comparable(call.request, (*self._keys, *call.keys))
        recording = self._cassette.next_for(call.bot, request)
        at_ms = 0.0
        for event in recording.events:
            if self._latency.recorded:
                await asyncio.sleep(max(0.0, event.at_ms - at_ms) / 1000)
                at_ms = event.at_ms
            yield event_from_frame(event.frame)
        if recording.cut:
            raise CutConnection
