"""The events as a person reads them: one line a turn, what went wrong in full, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from poecli import dev_events as dev
from poecli.commands.dev.tunnel_log import closed_lines, opened_lines
from poecli.protocol.events import Event, event_name
from poecli.protocol.prices import dollars, points, with_points
from poecli.terminal.amounts import counted, took
from poecli.terminal.console import Console, is_terminal
from poecli.terminal.foreign import clean, one_line

_TEXT_WIDTH = 40
_KB = 1024
_SHOWN_FILES = 3
_HANG = 4  # columns by which a line goes on that the terminal has no room for


@dataclass
class _Turn:
    started: dev.TurnStarted
    lines: list[tuple[str, str]] = field(default_factory=list)
    headed: bool = False
    progress: str = ""

    @property
    def head(self) -> str:
        name = f" {self.started.bot}" if self.started.bot else ""
        text = one_line(self.started.user_text, width=_TEXT_WIDTH)
        said = f' "{text}"' if text else ""
        outside = " from outside" if self.started.tunneled else ""
        return f"#{self.started.turn} {self.started.kind}{name}{outside}{said}"


class ConsoleLog:
    """Writes to stderr. Lines that belong to a turn stand together: of several turns under way
    the oldest speaks, the others wait for their place.

    ``verbose`` shows every event whole. ``default_key`` is that of bots without their own, masked.
    """

    def __init__(self, console: Console, *, verbose: bool = False, default_key: str = "") -> None:
        self._console = console
        self._verbose = verbose
        self._turns: dict[int, _Turn] = {}
        self._explained: dict[str, int] = {}  # broken rules, each with its first turn
        self._live = ""
        self._can_fold = is_terminal(console.stderr)  # asked once: each time is a system call
        self._can_grow = self._can_fold and not console.quiet
        self._forms: dict[type[Any], Callable[[Any], None]] = {
            dev.Ready: self._ready,
            dev.Attached: self._attached,
            dev.Reloaded: self._reloaded,
            dev.TunnelOpened: lambda event: self._lines(opened_lines(event, default_key)),
            dev.TunnelClosed: lambda event: self._lines(closed_lines(event)),
            dev.TurnStarted: self._started,
            dev.TurnProgress: self._progress,
            dev.TurnEnded: self._ended,
            dev.ViolationSeen: self._violation,
            dev.LogLine: self._log,
            dev.BotRaised: self._raised,
            dev.Stalled: self._stalled,
            dev.WorkerDied: self._died,
            dev.UpstreamEnded: self._upstream,
            dev.CostRequested: self._cost,
            dev.DependencyRefused: self._advice,
            dev.DependencyUnused: self._advice,
            dev.FileStored: self._notice,
            dev.FaultRehearsed: self._notice,
            dev.SettingsStored: self._notice,
            dev.Advice: self._advice,
            dev.Notice: self._notice,
            dev.TurnsCounted: self._counted,
        }

    def show(self, event: dev.DevEvent) -> None:
        if self._console.quiet:
            return
        form = self._forms.get(type(event))
        if form is not None and getattr(event, "examined", True):
            form(event)

    def clear(self) -> None:
        if self._can_grow:
            self._console.paint("\x1b[2J\x1b[H")

    def say(self, text: str) -> None:
        """A line of the session itself."""
        self._line(text, style="dim")

    def detail(self, text: str) -> None:
        """What another program prints that is kept beside this one."""
        if self._verbose:
            self._line(f"  │ {text}", style="dim")

    def settings(self, bots: tuple[dev.ServedBot, ...]) -> None:
        """Every setting of each bot that is not left to Poe."""
        for bot in bots:
            self._line(f"{bot.name} {bot.url}", style="bold")
            for name, value in _shown_settings(bot.settings).items():
                self._line(f"  {name} = {one_line(repr(value), width=self._console.stderr_width)}")

    # --- the server ---

    def _ready(self, event: dev.Ready) -> None:
        self._line(f"poe dev is ready: {event.url}", style="bold green")
        for bot in event.bots:
            settings = ", ".join(_shown_settings(bot.settings))
            self._line(f"  {bot.name}  {bot.url}" + (f"  ({settings})" if settings else ""))
        first = event.bots[0].url if event.bots else event.url
        if event.runs_on:
            self._line(f"  on {event.runs_on}", style="dim")
        if event.base_url:
            self._line(f"  the playground: {event.playground}")
            self._line(f"  the local Poe: POE_BASE_URL={event.base_url}", style="dim")
        self._line(f"Next: poe chat {first}    poe check {first}", style="dim")

    def _attached(self, event: dev.Attached) -> None:
        self._line(f"poe dev is attached to {event.bot.url}", style="bold green")
        settings = ", ".join(_shown_settings(event.bot.settings))
        self._line(f"  {event.bot.name}" + (f"  ({settings})" if settings else ""))
        self._line(f"  the playground: {event.playground}")
        self._line(
            "  It shows the chat, the wire, the rules and the times; prints, stalls, calls and"
            " reloads only of a bot that poe dev runs itself.",
            style="dim",
        )

    def _reloaded(self, event: dev.Reloaded) -> None:
        cause = _files_in_words(event.files)
        if event.error is None:
            self._line(
                f"generation {event.generation} in {took(event.ms)} ({cause})", style="green"
            )
            return
        serving = (
            f"generation {event.generation} keeps answering"
            if event.generation
            else "nothing answers until it is fixed"
        )
        self._line(f"not loaded ({cause}): {serving}", style="bold red")
        error = event.error
        for text in (error.message, error.why, error.detail, error.hint):
            self._block(text)

    def _died(self, event: dev.WorkerDied) -> None:
        again = "" if event.restart_ms is None else f"; restart in {took(event.restart_ms)}"
        self._line(
            f"the bot's process died (generation {event.generation}): {event.how}{again}",
            style="bold red",
        )  # its last output was shown when it came

    def _stalled(self, event: dev.Stalled) -> None:
        others = f", and {event.running} answers with it" if event.running > 1 else ""
        self._line(f"blocked for {event.ms} ms by {event.where}{others}", style="yellow")
        self._block(event.fix)

    def _notice(self, event: dev.Notice) -> None:
        self._line(event.text, style="yellow" if event.warning else "dim")

    def _advice(self, event: dev.Advice) -> None:
        self._line(event.message, style="yellow")
        self._block(event.why)
        self._block(event.hint)

    def _counted(self, event: dev.TurnsCounted) -> None:
        text = f"{event.count:,} turns were counted and not examined: too many in one second"
        self._line(text, style="dim")

    # --- a turn ---

    def _started(self, event: dev.TurnStarted) -> None:
        turn = self._turns[event.turn] = _Turn(event)
        if self._can_grow and self._speaks(turn):
            self._grow(turn.head)

    def _progress(self, event: dev.TurnProgress) -> None:
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        if self._verbose:
            for part in event.events:
                self._say_in(turn, _event_in_words(part))
        turn.progress = f"{counted(event.event_count, 'event')}, {event.characters} characters"
        if self._can_grow and self._speaks(turn):
            self._grow(f"{turn.head}  {turn.progress} …")

    def _ended(self, event: dev.TurnEnded) -> None:
        turn = self._turns.pop(event.turn, None)
        if turn is None:
            return
        self._head_with_lines(turn)
        failed = bool(event.error) or event.status >= 400  # noqa: PLR2004 - HTTP's own bound
        style = "red" if failed else "yellow" if event.hung_up else ""
        self._line(f"{turn.head}  {_outcome(event)}", style=style)
        nearest = next(iter(self._turns.values()), None)
        if nearest is not None:
            self._head_with_lines(nearest)
            if self._can_grow:
                self._grow(f"{nearest.head}  {nearest.progress}")

    def _log(self, event: dev.LogLine) -> None:
        turn = self._turns.get(event.turn or 0)
        for text in clean(event.text).split("\n"):
            if turn is None:
                self._line(f"  │ {text}")
            else:
                self._say_in(turn, text)

    def _raised(self, event: dev.BotRaised) -> None:
        turn = self._turns.get(event.turn or 0)
        text = "\n".join((event.traceback, f"try: {event.hint}" if event.hint else ""))
        if turn is None:
            self._block(text.rstrip())
            return
        for line in clean(text).splitlines():
            self._say_in(turn, line, style="red")

    def _violation(self, event: dev.ViolationSeen) -> None:
        first = self._explained.setdefault(event.rule, event.turn)
        again = "" if first == event.turn else f", as in turn #{first}"
        self._line(f"{event.level}: {event.rule} (turn #{event.turn}){again}", style="yellow")
        if again:
            return
        self._block(event.detail)
        self._block(f"fix: {event.fix}")

    def _upstream(self, event: dev.UpstreamEnded) -> None:
        error = f": {one_line(event.error)}" if event.error else ""
        text = f"→ {one_line(event.bot)} ({event.mode}) {counted(event.event_count, 'event')}, "
        self._say_of(event.message_id, f"{text}{took(event.ms)}{error}")

    def _cost(self, event: dev.CostRequested) -> None:
        refused = "" if event.ok else ", refused: not enough funds"
        self._say_of(event.message_id, f"{event.kind} {_price(event.amount)}{refused}")

    # --- writing ---

    def _lines(self, lines: Iterable[tuple[str, str]]) -> None:
        for text, style in lines:
            self._line(text, style=style)

    def _speaks(self, turn: _Turn) -> bool:
        return next(iter(self._turns.values()), None) is turn

    def _say_of(self, message_id: str, text: str) -> None:
        for turn in self._turns.values():
            if message_id and turn.started.message_id == message_id:
                self._say_in(turn, text)
                return
        self._line(f"  │ {text}", style="dim")

    def _say_in(self, turn: _Turn, text: str, style: str = "") -> None:
        turn.lines.append((f"  │ {text}", style or "dim"))
        if self._speaks(turn):
            self._head_with_lines(turn)

    def _head_with_lines(self, turn: _Turn) -> None:
        if turn.lines and not turn.headed:
            turn.headed = True
            self._line(turn.head)
        for text, style in turn.lines:
            self._line(text, style)
        turn.lines.clear()

    def _block(self, text: str) -> None:
        for line in clean(text).splitlines():
            self._line(f"  {line}")

    def _line(self, text: str, style: str = "") -> None:
        """A line above the one that grows."""
        live, self._live = self._live, ""
        if self._can_fold:
            text = self._console.folded(clean(text), hang=_HANG)
        shown = self._console.styled(text, style)
        self._console.paint(("\r\x1b[K" if live else "") + shown + "\n")

    def _grow(self, text: str) -> None:
        """Write the line at the bottom anew; only for a terminal, which alone can show that."""
        self._live = one_line(text, width=self._console.stderr_width - 1)
        self._console.paint(f"\r\x1b[K{self._live}")


def _outcome(event: dev.TurnEnded) -> str:
    if event.kind != "query":
        return f"{_status(event.status) or 'HTTP 200'}, {took(event.total_ms)}"
    first = "" if event.first_event_ms is None else f"first {took(event.first_event_ms)}"
    parts = [
        _status(event.status),
        counted(event.event_count, "event"),
        first,
        f"total {took(event.total_ms)}",
        _size(event.size),
        counted(event.upstream_calls, "call") if event.upstream_calls else "",
        _price(event.cost) if event.cost else "",
        "client hung up" if event.hung_up else "",
        f"error: {one_line(event.error, width=_TEXT_WIDTH)}" if event.error else "",
        f"gen {event.generation}",
    ]
    return " · ".join(part for part in parts if part)


def _status(status: int) -> str:
    """Whatever is not as usual; 0 is a server elsewhere that was not reached."""
    return "" if status == HTTPStatus.OK else f"HTTP {status}" if status else "no answer"


def _event_in_words(event: Event) -> str:
    values = {k: v for k, v in asdict(event).items() if v is not None}
    return f"{event_name(event)} {clean(repr(values))}"


def _shown_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the bot says itself; null and empty are Poe's default."""
    return {
        name: with_points(value) if isinstance(value, str) else value
        for name, value in settings.items()
        if value not in (None, {}, "") and name != "response_version"
    }


def _files_in_words(files: tuple[str, ...]) -> str:
    if not files:
        return "asked for"
    more = len(files) - _SHOWN_FILES
    shown = ", ".join(clean(file) for file in files[:_SHOWN_FILES])
    return f"{shown} and {more} more" if more > 0 else shown


def _size(value: int) -> str:
    return f"{value / _KB:.1f} kB" if value >= _KB else f"{value} B"


def _price(milli_cents: int) -> str:
    return f"{dollars(milli_cents)} (~{points(milli_cents):,} points)"
