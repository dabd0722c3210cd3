"""When to ask again, and how long to wait before."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from poecli.client.event_stream import Call, events_of
from poecli.client.failures import error_from_event
from poecli.errors import (
    CutStream,
    NotReachable,
    PoeCliError,
    RateLimited,
    TimedOut,
    TryLater,
)
from poecli.protocol import events as ev


@dataclass(frozen=True)
class Retry:
    """How often to ask again, and when.

    ``tries`` counts the first one. Before the first event a call is repeated when nobody
    answered, after a rate limit, and after a failure of Poe's; never after a time-out (the bot may
    be at work, and each try is paid for). After the first event only with ``mid_stream``: then the
    second answer begins with a `ReplaceResponse`, so that no text is ever doubled.
    Delays are in seconds and double up to ``longest_delay``, each shortened by up to a half at
    random; a ``Retry-After`` is honoured, and one longer than ``longest_delay`` ends the tries.
    """

    tries: int = 3
    mid_stream: bool = False
    first_delay: float = 0.5
    longest_delay: float = 30.0

    def delay(self, error: PoeCliError, attempt: int, *, begun: bool) -> float | None:
        """Seconds to wait before asking again after try number ``attempt``; None to give up."""
        if attempt >= self.tries or not self._worth_it(error, begun=begun):
            return None
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest_delay else None
        full: float = min(self.longest_delay, self.first_delay * 2 ** (attempt - 1))
        return full * random.uniform(0.5, 1)  # noqa: S311 - jitter, no cryptography

    def _worth_it(self, error: PoeCliError, *, begun: bool) -> bool:
        if begun:
            return self.mid_stream and isinstance(error, (CutStream, NotReachable, TryLater))
        if isinstance(error, TimedOut):
            return False
        # A subclass of NotReachable says that somebody answered: asking again changes nothing.
        return type(error) is NotReachable or isinstance(error, (CutStream, TryLater))


NO_RETRY = Retry(tries=1)


async def repeated_events(call: Call, retry: Retry) -> AsyncGenerator[ev.Event, None]:
    """The events of an answer, asked for again as ``retry`` says. Raises the last try's error."""
    delivery = _Delivery()
    for attempt in range(1, retry.tries + 1):
        try:
            async with contextlib.aclosing(_one_try(call, retry, attempt, delivery)) as events:
                async for event in events:
                    for shown in delivery.take(event):
                        yield shown
        except PoeCliError as error:
            delay = retry.delay(error, attempt, begun=delivery.begun)
            if delay is None or delivery.has_json:
                raise
            await asyncio.sleep(delay)
            delivery.start_again()
        else:
            return


async def _one_try(
    call: Call, retry: Retry, attempt: int, delivery: _Delivery
) -> AsyncGenerator[ev.Event, None]:
    """One answer; a first event by which Poe asks for patience is raised when it can be tried."""
    async with contextlib.aclosing(events_of(call)) as events:
        async for event in events:
            if isinstance(event, ev.Error) and not delivery.begun and call.peer.on_poe:
                error = error_from_event(event, call.peer)
                if (
                    event.allow_retry
                    and isinstance(error, TryLater)
                    and retry.delay(error, attempt, begun=False) is not None
                ):
                    raise error
            yield event


class _Delivery:
    """What a caller has already got, so that a second answer takes the place of the first.

    Text is replaced; a file or a suggested reply that came before is not passed on again. A chunk
    of a tool call can't be taken back, so after one there is no second answer.
    """

    def __init__(self) -> None:
        self.begun = False
        self.has_json = False
        self._again = False
        self._to_replace: list[int | None] = []
        self._indices: set[int | None] = set()
        self._kept: set[ev.Event] = set()

    def start_again(self) -> None:
        self._again = self.begun
        self._to_replace = sorted(self._indices, key=lambda i: -1 if i is None else i)

    def take(self, event: ev.Event) -> list[ev.Event]:
        """What to pass on for an event."""
        if isinstance(event, ev.Ping):
            return [event]
        self.begun = True
        if self._again and (isinstance(event, ev.Meta) or event in self._kept):
            return []
        out: list[ev.Event] = [ev.ReplaceResponse("", index) for index in self._to_replace]
        self._to_replace = []
        if isinstance(event, (ev.Text, ev.ReplaceResponse)):
            self._indices.add(event.index)
        elif isinstance(event, (ev.File, ev.SuggestedReply)):
            self._kept.add(event)
        elif isinstance(event, ev.Json):
            self.has_json = True
        return [*out, event]
