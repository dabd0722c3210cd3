"""What happens beside a bot that is served on this machine: one frozen object for each thing.

The dev server and the local Poe tell these events as they happen, on the event loop, to one
`Listener`. The console log, the JSON lines, the playground, `poe check` and `poe chat` hear them.

    the server       Ready, Attached, Reloaded, WorkerDied, Advice, Notice,
                     TunnelOpened, TunnelClosed
    a turn           TurnStarted, TurnProgress, ViolationSeen, TurnEnded; TurnsCounted
    the bot's code   LogLine, BotRaised, Stalled
    the local Poe    UpstreamStarted, UpstreamEnded, DependencyRefused, DependencyUnused,
                     CostRequested, FileStored, SettingsStored; FaultRehearsed

Of one turn they come in this order: TurnStarted, then whatever happens in it, then TurnEnded. A
``turn`` is the number of a request, counted from 1; a ``message_id`` is that of the answer of the
user's turn, "" for a script of the author's. Times are in milliseconds, sizes in bytes, amounts in
milli-cents of a US dollar. Texts may come from a bot or a caller: whoever shows them cleans them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from poecli.config.credentials import Secret
from poecli.errors import BotLoadError, PoeCliError
from poecli.protocol.events import Event
from poecli.step_results import StepResult


@dataclass(frozen=True)
class ServedBot:
    """A bot that is being served. ``settings`` is its raw answer, empty when it is unknown.

    ``failure`` says why a bot that serves queries can't tell its settings.
    """

    name: str
    path: str
    url: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    access_key: Secret | None = None
    failure: BotLoadError | None = field(default=None, repr=False)


# --- the server ---


@dataclass(frozen=True)
class Ready:
    """The first generation serves; ``base_url`` is where the local Poe is asked.

    ``runs_on`` says which Python and which fastapi_poe the bots run on. ``public_url`` is a
    tunnel's, where there is one.
    """

    url: str
    bots: tuple[ServedBot, ...]
    generation: int
    base_url: str = ""
    runs_on: str = ""
    public_url: str = ""

    @property
    def playground(self) -> str:
        """The page for the browser, which is served beside the local Poe."""
        return f"{self.base_url}/" if self.base_url else ""


@dataclass(frozen=True)
class Attached:
    """The playground stands in front of a bot server that runs elsewhere."""

    url: str
    bot: ServedBot
    playground: str


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
    bots: tuple[ServedBot, ...] = ()


@dataclass(frozen=True)
class WorkerDied:
    """The bot's process ended by itself; it is started again after ``restart_ms``."""

    generation: int
    how: str
    last_output: tuple[str, ...]
    restart_ms: float | None


@dataclass(frozen=True)
class Advice:
    """Something the author should do something about, in the lines of an error."""

    message: str
    why: str = ""
    hint: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Notice:
    """A word about the server itself; ``warning`` when the author should act."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class TunnelOpened:
    """A tunnel leads to the bots: ``bots`` have the URLs that Poe is to be given.

    ``steps`` are what was found from outside, up to the first that failed. ``made_key`` is the
    access key of bots that have none of their own, for this run.
    """

    public_url: str
    client: str
    bots: tuple[ServedBot, ...]
    steps: tuple[StepResult, ...]
    made_key: Secret | None = None

    @property
    def ok(self) -> bool:
        """Whether Poe can use it."""
        return not self.steps[-1].failed


@dataclass(frozen=True)
class TunnelClosed:
    """The tunnel's client has ended, or could not be started anew; it is again in a while."""

    client: str
    how: str
    last_output: tuple[str, ...]
    again_seconds: float


# --- a turn ---


@dataclass(frozen=True)
class TurnStarted:
    """A request is about to be handed to the bot. ``kind`` is the protocol's request type.

    ``headers``, the body ``raw`` and its JSON ``request`` are as they came, keys included; nothing
    of them is shown. ``target`` is the path with the query. One that is not ``examined`` is counted
    only: no log shows it. ``id`` is that of no other turn anywhere.
    """

    turn: int
    kind: str
    path: str
    generation: int
    bot: str = ""
    user_text: str = ""
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Iterable[tuple[bytes, bytes]] = field(default=(), repr=False)
    target: str = "/"
    raw: bytes = field(default=b"", repr=False)
    examined: bool = True
    id: str = ""
    tunneled: bool = False  # it came through the tunnel, from Poe or somebody else outside

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
    """An answer is over: whole, with an error, or cut by the client (``hung_up``).

    ``upstream_calls`` and ``cost`` are what the bot called and captured until then.
    """

    turn: int
    kind: str
    generation: int
    status: int
    event_count: int
    characters: int
    size: int  # of the answer's body
    files: int
    first_event_ms: float | None
    total_ms: float
    text: str = field(default="", repr=False)
    error: str | None = None
    hung_up: bool = False
    message_id: str = ""
    upstream_calls: int = 0
    cost: int = 0
    examined: bool = True


@dataclass(frozen=True)
class TurnsCounted:
    """So many turns of the last second were too many to be examined: they were only counted."""

    count: int


@dataclass(frozen=True)
class ViolationSeen:
    """An answer broke a rule of the protocol; each rule is told once a turn."""

    turn: int
    rule: str
    level: str
    detail: str
    fix: str


# --- the bot's code ---


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

    @property
    def where(self) -> str:
        """The line, as far as it is known."""
        return f"{self.file}:{self.line} ({self.function})" if self.file else "a library"

    @property
    def fix(self) -> str:
        """What its author can do."""
        return self.cause or "An async bot must await, or use asyncio.to_thread for blocking calls."


# --- the local Poe ---


@dataclass(frozen=True)
class UpstreamStarted:
    """A bot (or a script) calls another bot. ``live_calls`` counts those that went to Poe."""

    number: int
    message_id: str
    bot: str
    mode: str
    live_calls: int


@dataclass(frozen=True)
class UpstreamEnded:
    """The other bot's answer is over; ``error`` is its text when it failed.

    ``trouble`` says why there was none to give (no such recording, a script that has no answer,
    Poe not reachable): the caller can do nothing for it.
    """

    number: int
    message_id: str
    bot: str
    mode: str
    event_count: int
    characters: int
    ms: float
    error: str | None = None
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class DependencyRefused(Advice):
    """A call was refused as on Poe; ``hint`` is the line that get_settings must return."""

    bot: str
    upstream: str
    declared: int


@dataclass(frozen=True, kw_only=True)
class DependencyUnused(Advice):
    """A turn made fewer calls than its bot declares; told once for each bot declared."""

    bot: str
    upstream: str
    declared: int
    made: int


@dataclass(frozen=True)
class CostRequested:
    """A bot asked to authorize or capture (``kind``) a cost; ``balance`` is what is left."""

    message_id: str
    kind: str
    amount: int
    balance: int
    ok: bool
    bot: str = ""


@dataclass(frozen=True, kw_only=True)
class FileStored(Notice):
    """A file was uploaded."""

    name: str
    content_type: str
    size: int
    url: str


@dataclass(frozen=True, kw_only=True)
class FaultRehearsed(Notice):
    """What a fault of delivery, asked for by name, did to the answer to a message, if anything."""

    fault: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class SettingsStored(Notice):
    """Settings reached the local Poe; ``source`` is fetch_settings or update_settings."""

    bot: str
    source: str


DevEvent = (
    Ready
    | Attached
    | Reloaded
    | WorkerDied
    | Advice
    | Notice
    | TunnelOpened
    | TunnelClosed
    | TurnStarted
    | TurnProgress
    | TurnEnded
    | TurnsCounted
    | ViolationSeen
    | LogLine
    | BotRaised
    | Stalled
    | UpstreamStarted
    | UpstreamEnded
    | DependencyRefused
    | DependencyUnused
    | CostRequested
    | FileStored
    | FaultRehearsed
    | SettingsStored
)
Listener = Callable[[DevEvent], None]
