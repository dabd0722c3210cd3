"""What every upstream bot receives and returns."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from poecli.emulator.state.turns import Turn
from poecli.protocol.events import Event, event_name, frame_from_event
from poecli.protocol.requests import QueryRequest
from poecli.protocol.sse import Frame


@dataclass(frozen=True)
class BotCall:
    """One call to a bot on (the local) Poe.

    ``number`` counts the calls of this run; ``origin`` is the scheme, host and port the emulator
    was reached at; ``turn`` is None for a script of the author's; ``keys`` came with the call and
    must never be written down.
    """

    bot: str
    request: QueryRequest
    origin: str
    number: int
    turn: Turn | None = None
    keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def last_text(self) -> str:
        """What the user said last."""
        return self.request.query[-1].content if self.request.query else ""


class UpstreamBot(Protocol):
    """Answers calls. The events end with ``done``; PoeCliError says that there is no answer."""

    def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """The answer to one call, event by event."""
        ...


def frame_of(event: Event) -> Frame:
    """The frame of an event. What Poe itself sent against the rules is passed on as it was."""
    try:
        return frame_from_event(event)
    except ValueError:
        values = {key: value for key, value in vars(event).items() if value is not None}
        return Frame(event_name(event), json.dumps(values, ensure_ascii=False))
