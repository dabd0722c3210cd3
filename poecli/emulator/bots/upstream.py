"""What every upstream bot receives and returns."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from poecli.client.http import open_session
from poecli.emulator.state.turns import UserTurn
from poecli.protocol.events import Event, event_name, frame_from_event
from poecli.protocol.requests import QueryRequest
from poecli.protocol.sse import Frame


@dataclass(frozen=True)
class BotCall:
    """One call to a bot on (the local) Poe.

    ``number`` counts the calls of this run; ``origin`` is the scheme, host and port the emulator
    was reached at; ``turn`` is None for a script of the author's; ``keys`` came with the call and
    must never be written down, the first of them in the header.
    """

    bot: str
    request: QueryRequest
    origin: str
    number: int
    turn: UserTurn | None = None
    keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def last_text(self) -> str:
        """The last message: what the user said, or the results of tools."""
        return self.request.query[-1].content if self.request.query else ""

    @property
    def user_text(self) -> str:
        """What the user said last."""
        users = (m.content for m in reversed(self.request.query) if m.role == "user")
        return next(users, "")

    @property
    def message_key(self) -> str:
        """What tells the user's message from others; a script of the author's gives no ids."""
        told_apart = self.turn.message_id if self.turn else self.request.message_id
        if told_apart:
            return told_apart
        users = [m.content for m in self.request.query if m.role == "user"]
        return json.dumps(users)


@dataclass(frozen=True)
class LastAnswer:
    """The newest answer of a bot in short: how its text begins, and its ``error``, if any."""

    text: str
    characters: int
    ms: float
    error: str


class UpstreamBot(Protocol):
    """Answers calls. The events end with ``done``; PoeCliError says that there is no answer."""

    def answer(self, call: BotCall) -> AsyncGenerator[Event, None]:
        """The answer to one call, event by event."""
        ...


class SharedSession:
    """For all calls that leave the emulator, to the author's bots and to the real Poe.

    Opened at the first, so that a local Poe that asks nobody opens nothing.
    """

    @cached_property
    def session(self) -> Any:
        """The session; its type is httpx's, which only client/ names."""
        return open_session()

    async def close(self) -> None:
        """Close it, if it was ever opened."""
        if "session" in vars(self):
            await self.session.aclose()


def frame_of(event: Event) -> Frame:
    """The frame of an event. What Poe itself sent against the rules is passed on as it was."""
    try:
        return frame_from_event(event)
    except ValueError:
        values = {key: value for key, value in vars(event).items() if value is not None}
        return Frame(event_name(event), json.dumps(values, ensure_ascii=False))
