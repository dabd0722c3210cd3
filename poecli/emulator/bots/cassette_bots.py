"""Upstream bots that record the real Poe, and that play it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from poecli.dev_events import Advice, Listener
from poecli.emulator.bots.cassette import Cassette, RecordedEvent, Recording, comparable
from poecli.emulator.bots.upstream import BotCall, UpstreamBot, frame_of
from poecli.emulator.faults import CutConnection
from poecli.errors import UsageError
from poecli.protocol.events import Done, Event, event_from_frame


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
    """Answers from a cassette: at once, or at the pace it was recorded at."""

    def __init__(self, cassette: Cassette, keys: Sequence[str], *, recorded_pace: bool) -> None:
        self._cassette = cassette
        self._keys = tuple(keys)
        self._recorded_pace = recorded_pace

    async def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """The recorded events. Raises UsageError for a request that was never recorded."""
        request = comparable(call.request, (*self._keys, *call.keys))
        recording = self._cassette.next_for(call.bot, request)
        began = time.monotonic()
        for event in recording.events:
            if self._recorded_pace:
                early = event.at_ms / 1000 - (time.monotonic() - began)
                await asyncio.sleep(max(0.0, early))
            yield event_from_frame(event.frame)
        if recording.cut:
            raise CutConnection
