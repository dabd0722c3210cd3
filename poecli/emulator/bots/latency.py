"""How long an upstream bot takes to answer: one model for mocks, scripts and recordings.

    mock,delay=0.8,pace=0.05        seconds before the first event, and between two events
    replay:FILE,pace=recorded       the times at which the real Poe answered

https://creator.poe.com/docs tells developers to mock the API with a realistic latency.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass

from poecli.errors import UsageError
from poecli.protocol.events import Done, Event
from poecli.suggestions import did_you_mean

RECORDED = "recorded"
OPTIONS = ("delay", "pace")
MOST_SECONDS = 600.0  # no answer on Poe takes longer


@dataclass(frozen=True)
class Latency:
    """Seconds before the first event of an answer, and between two later ones.

    ``recorded`` takes the times of a recording instead.
    """

    delay: float = 0.0
    pace: float = 0.0
    recorded: bool = False

    def __str__(self) -> str:
        pace = RECORDED if self.recorded else f"{self.pace:g}" if self.pace else ""
        shown = {"delay": f"{self.delay:g}" if self.delay else "", "pace": pace}
        return ",".join(f"{name}={value}" for name, value in shown.items() if value)

    def override(self, delay: float | None, pace: float | None) -> Latency:
        """The same, with what is not None in place of its own."""
        return Latency(self.delay if delay is None else delay, self.pace if pace is None else pace)


AT_ONCE = Latency()


def parse_latency(options: Iterable[str], *, bot: str) -> Latency:
    """The latency of ``NAME=SECONDS`` options. Raises UsageError that names the bot."""
    values: dict[str, float] = {}
    recorded = False
    for option in options:
        name, _, text = (part.strip() for part in option.partition("="))
        if name not in OPTIONS:
            raise UsageError(
                f"Unknown option {name!r} in the mode of the bot {bot!r}.",
                hint=did_you_mean(name, OPTIONS),
            )
        if name == "pace" and text == RECORDED:
            recorded = True
            continue
        values[name] = _seconds(name, text, bot)
    if recorded and "delay" in values:
        raise UsageError(
            f"The mode of the bot {bot!r} has a delay and recorded times.",
            hint="Leave out one of the two: pace=recorded has the recorded delay.",
        )
    return Latency(**values, recorded=recorded)


def _seconds(name: str, text: str, bot: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MOST_SECONDS:
        raise UsageError(
            f"{name} in the mode of the bot {bot!r} must be seconds from 0 to "
            f"{MOST_SECONDS:g}, not {text!r}.",
            hint=f"For example: {name}=0.5",
        )
    return value


async def slowed(
    events: AsyncGenerator[Event, None], latency: Latency
) -> AsyncGenerator[Event, None]:
    """The events at the pace of ``latency``; ``done`` comes with the last of them."""
    seconds = latency.delay
    async with aclosing(events):
        async for event in events:
            if seconds and not isinstance(event, Done):
                await asyncio.sleep(seconds)
            seconds = latency.pace
            yield event
