"""What the dev server tells its host: one frozen object for each thing an author wants to know.

Times are in milliseconds. A ``turn`` is the number of a request, counted from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from poecli.errors import BotLoadError, PoeCliError
from poecli.protocol.events import Event

RawHeaders = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Bot:
    """A bot that is being served. ``settings`` is its raw answer, empty when it is unknown.

    ``failure`` says why a bot that serves queries can't tell its settings.
    """

    name: str
    path: str
    url: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    access_key: str | None = field(default=None, repr=False)
    failure: BotLoadError | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Ready:
    """The first generation serves; ``base_url`` is where the local Poe is asked."""

    url: str
    bots: tuple[Bot, ...]
    generation: int
    base_url: str = ""


@dataclass(frozen=True)
class Reloaded:
    """A change was taken in (``ok``), or refused with ``error`` while the last good one serves.

    ``ms`` counts from the first change noticed; ``files`` are relative to the project's folder.
    """

    ok: bool
    generation: int
    ms: float
    files: tuple[str, ...]
    error: PoeCliError | None = None
    bots: tuple[Bot, ...] = ()


@dataclass(frozen=True)
class TurnStarted:
    """A request is about to be handed to the bot. ``kind`` is the protocol's request type.

    ``request`` and ``headers`` are as they came, keys included; nothing of them is shown. One that
    is not ``examined`` is counted only: no log tells of it.
    """

    turn: int
    kind: str
    path: str
    generation: int
    bot: str = ""
    user_text: str = ""
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: RawHeaders = field(default=(), repr=False)
    examined: bool = True

    @property
    def message_id(self) -> str:
        """The id of the answer to come; empty where the caller gave none."""
        return str(self.request.get("message_id") or "")


@dataclass(frozen=True)
class TurnProgress:
    """More of an answer has been read; ``events`` are the new ones."""

    turn: int
    event_count: int
    characters: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class TurnEnded:
    """An answer is over: whole, with an error, or cut by the client (``hung_up``)."""

    turn: int
    kind: str
    generation: int
    status: int
    event_count: int
    characters: int
    size: int  # bytes of the answer's body
    files: int
    first_event_ms: float | None
    total_ms: float
    text: str = field(default="", repr=False)
    error: str | None = None
    hung_up: bool = False
    message_id: str = ""
    upstream_calls: int = 0
    cost: int = 0  # milli-cents of a US dollar
    examined: bool = True


@dataclass(frozen=True)
class TurnsCounted:
    """So many turns of the last second were too many to be examined: they were only counted."""

    count: int


@dataclass(frozen=True)
class ViolationSeen:
    """An answer broke a rule of the protocol; each rule is told once."""

    turn: int
    rule: str
    level: str
    detail: str
    fix: str


@dataclass(frozen=True)
class LogLine:
    """What the bot printed or logged; ``turn`` is None outside of an answer."""

    text: str
    stream: str
    turn: int | None


@dataclass(frozen=True)
class BotRaised:
    """The bot's code raised; ``traceback`` holds the author's frames, ``place`` is file:line.

    ``hint`` says what to write instead, where the mistake is a known one.
    """

    turn: int | None
    message: str
    traceback: str
    place: str | None
    hint: str = ""


@dataclass(frozen=True)
class Stalled:
    """The bot blocked its event loop, and with it every other answer; ``file`` may be empty.

    ``cause`` says what the line was doing, where that is known and not to be seen from it.
    """

    ms: int
    file: str
    line: int
    function: str
    running: int
    cause: str = ""


@dataclass(frozen=True)
class WorkerDied:
    """The bot's process ended by itself; it is started again after ``restart_ms``."""

    generation: int
    how: str
    last_output: tuple[str, ...]
    restart_ms: float | None


@dataclass(frozen=True)
class UpstreamCalled:
    """The bot asked another bot and had its answer; told by the local Poe. ``ms`` in all."""

    message_id: str
    bot: str
    mode: str
    event_count: int
    ms: float
    error: str | None = None


@dataclass(frozen=True)
class CostAsked:
    """The bot authorized or captured a cost, in milli-cents; told by the local Poe."""

    message_id: str
    kind: str
    amount: int
    balance: int
    ok: bool


@dataclass(frozen=True)
class Advice:
    """Something the author should mend, in the lines of an error."""

    message: str
    why: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Notice:
    """A word about the server itself; ``warning`` when the author should act."""

    text: str
    warning: bool = False


Report = (
    Ready
    | Reloaded
    | TurnStarted
    | TurnProgress
    | TurnEnded
    | TurnsCounted
    | ViolationSeen
    | LogLine
    | BotRaised
    | Stalled
    | WorkerDied
    | UpstreamCalled
    | CostAsked
    | Advice
    | Notice
)
Reporter = Callable[[Report], None]
