"""Failures of what a bot asks of Poe, each at the same place again for the same seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing

from poecli.config.faults import INSUFFICIENT_FUNDS, OF_CALLS, UPLOAD_FAILURE, Fault
from poecli.emulator import refusals
from poecli.protocol import events as ev
from poecli.protocol import limits

_CUT_WITHIN = 4  # the place of a cut or a bad event: after at most so many events

Events = AsyncGenerator[ev.Event, None]


_MISSING = {
    INSUFFICIENT_FUNDS: "No cost was requested",
    UPLOAD_FAILURE: "No file was uploaded",
}  # what other faults strike is a call


class CutConnection(Exception):
    """The connection is to be dropped here, in the middle of an answer."""


async def _rate_limit(events: Events, place: int) -> Events:
    del events, place
    yield refusals.RATE_LIMITED.event()
    yield ev.Done()


async def _server_error(events: Events, place: int) -> Events:
    del events
    yield refusals.INTERNAL.event(f"fault-{place}")
    yield ev.Done()


async def _overloaded(events: Events, place: int) -> Events:
    del events, place
    yield refusals.OVERLOADED.event()
    yield ev.Done()


async def _access_denied(events: Events, place: int) -> Events:
    del events, place
    yield refusals.ACCESS_DENIED.event()
    yield ev.Done()


async def _slow_first_event(events: Events, place: int) -> Events:
    del place
    await asyncio.sleep(limits.FIRST_EVENT_SECONDS.value + 1)
    async for event in events:
        yield event


async def _cut(events: Events, place: int) -> Events:
    async for event in events:
        if isinstance(event, ev.Done):
            break
        yield event
        place -= 1
        if place < 0:
            break
    raise CutConnection


async def _malformed_event(events: Events, place: int) -> Events:
    async for event in events:
        if place == 0 or (place > 0 and isinstance(event, ev.Done)):
            yield ev.Malformed("text", '{"text": "half of', "a simulated fault")
        place -= 1
        yield event


async def _duplicate_done(events: Events, place: int) -> Events:
    del place
    async for event in events:
        yield event
        if isinstance(event, ev.Done):
            yield event


async def _empty_answer(events: Events, place: int) -> Events:
    del events, place
    yield ev.Done()


_STREAM_FAULTS: dict[str, Callable[[Events, int], Events]] = {
    "rate-limit": _rate_limit,
    "server-error": _server_error,
    "overloaded": _overloaded,
    "access-denied": _access_denied,
    "slow-first-event": _slow_first_event,
    "cut": _cut,
    "malformed-event": _malformed_event,
    "duplicate-done": _duplicate_done,
    "empty-answer": _empty_answer,
}


class FaultInjector:
    """Decides which calls get a fault, and where in the answer."""

    def __init__(self, faults: Sequence[Fault], *, seed: int) -> None:
        self.faults = tuple(faults)
        self._seed = seed
        self._drawn = 0
        self._met: set[str] = set()

    def strikes(self, name: str, asked: Sequence[Fault] = ()) -> bool:
        """Is this call struck by a fault that is no matter of the stream?"""
        self._met.add(name)
        chance = self._chance()
        return any(f.name == name and chance.random() < f.share for f in (*self.faults, *asked))

    async def apply(
        self, events: Events, stack: AsyncExitStack, asked: Sequence[Fault] = ()
    ) -> Events:
        """The answer as its faults leave it; ``stack`` closes every generator of the chain."""
        self._met.update(_STREAM_FAULTS)
        chance = self._chance()
        await stack.enter_async_context(aclosing(events))
        for fault in (*self.faults, *asked):
            wrap = _STREAM_FAULTS.get(fault.name)
            if wrap is not None and chance.random() < fault.share:
                events = wrap(events, chance.randrange(_CUT_WITHIN))
                await stack.enter_async_context(aclosing(events))
        return events

    def never_met(self, faults: Iterable[Fault]) -> Iterator[str]:
        """A sentence on each of these that nothing was asked of Poe for."""
        for fault in faults:
            if fault.name in OF_CALLS and fault.name not in self._met:
                missing = _MISSING.get(fault.name, "No call went upstream")
                yield f"{missing}, so the fault {fault.name!r} was never met."

    def _chance(self) -> random.Random:
        self._drawn += 1
        return random.Random(f"{self._seed}:{self._drawn}")  # noqa: S311 - a fault is no secret
