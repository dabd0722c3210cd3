"""The reports as a person reads them: one line a turn, what went wrong in full, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from poecli.devserver import reports as r
from poecli.protocol.events import Event, event_name
from poecli.terminal.console import Console, is_terminal
from poecli.terminal.foreign import clean, one_line

_TEXT_WIDTH = 40
_SECOND_MS = 1000
_KB = 1024
_SHOWN_FILES = 3
_MILLI_CENTS_PER_DOLLAR = 100_000


@dataclass
class _Turn:
    started: r.TurnStarted
    lines: list[tuple[str, str]] = field(default_factory=list)
    headed: bool = False
    progress: str = ""

    @property
    def head(self) -> str:
        name = f" {self.started.bot}" if self.started.bot else ""
        text = one_line(self.started.user_text, width=_TEXT_WIDTH)
        said = f' "{text}"' if text else ""
        return f"#{self.started.turn} {self.started.kind}{name}{said}"


class ConsoleLog:
    """Writes to stderr. Lines that belong to a turn stand together: of several turns under way
    the oldest speaks, the others wait for their place.

    ``verbose`` shows every event whole.
    """

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose
        self._turns: dict[int, _Turn] = {}
        self._live = ""
        self._can_grow = is_terminal(console.stderr) and not console.quiet
        self._forms: dict[type[Any], Callable[[Any], None]] = {
            r.Ready: self._ready,
            r.Reloaded: self._reloaded,
            r.TurnStarted: self._started,
            r.TurnProgress: self._progress,
            r.TurnEnded: self._ended,
            r.ViolationSeen: self._violation,
            r.LogLine: self._log,
            r.BotRaised: self._raised,
            r.Stalled: self._stalled,
            r.WorkerDied: self._died,
            r.UpstreamCalled: self._upstream,
            r.CostAsked: self._cost,
            r.Advice: self._advice,
            r.Notice: self._notice,
            r.TurnsCounted: self._counted,
        }

    def show(self, report: r.Report) -> None:
        """Write what there is to say of it."""
        if getattr(report, "examined", True):
            self._forms[type(report)](report)

    def clear(self) -> None:
        """Wipe the screen."""
        if self._can_grow:
            self._console.paint("\x1b[2J\x1b[H")

    def say(self, text: str) -> None:
        """A line of the session itself."""
        self._line(text, style="dim")

    def settings(self, bots: tuple[r.Bot, ...]) -> None:
        """Every setting of each bot that is not left to Poe."""
        for bot in bots:
            self._line(f"{bot.name} {bot.url}", style="bold")
            for name, value in _told_settings(bot.settings).items():
                self._line(f"  {name} = {one_line(repr(value), width=self._console.width)}")

    # --- the server ---

    def _ready(self, report: r.Ready) -> None:
        self._line(f"poe dev is ready: {report.url}", style="bold green")
        for bot in report.bots:
            told = ", ".join(_told_settings(bot.settings))
            self._line(f"  {bot.name}  {bot.url}" + (f"  ({told})" if told else ""))
        first = report.bots[0].url if report.bots else report.url
        if report.base_url:
            self._line(f"  the local Poe: POE_BASE_URL={report.base_url}", style="dim")
        self._line(f"Next: poe chat {first}    poe check {first}", style="dim")

    def _reloaded(self, report: r.Reloaded) -> None:
        cause = _files_in_words(report.files)
        if report.error is None:
            self._line(
                f"generation {report.generation} in {_ms(report.ms)} ({cause})", style="green"
            )
            return
        serving = (
            f"generation {report.generation} goes on answering"
            if report.generation
            else "nothing answers until it is mended"
        )
        self._line(f"not loaded ({cause}): {serving}", style="bold red")
        error = report.error
        for text in (error.message, error.why, error.detail, error.hint):
            self._block(text)

    def _died(self, report: r.WorkerDied) -> None:
        again = "" if report.restart_ms is None else f"; again in {_ms(report.restart_ms)}"
        self._line(
            f"the bot's process died (generation {report.generation}): {report.how}{again}",
            style="bold red",
        )
        self._block("\n".join(report.last_output))

    def _stalled(self, report: r.Stalled) -> None:
        where = f"{report.file}:{report.line} ({report.function})" if report.file else "a library"
        others = f", and {report.running} answers with it" if report.running > 1 else ""
        self._line(f"blocked for {report.ms} ms by {where}{others}", style="yellow")
        self._block(
            report.cause or "An async bot must await, or use asyncio.to_thread for blocking calls."
        )

    def _notice(self, report: r.Notice) -> None:
        self._line(report.text, style="yellow" if report.warning else "dim")

    def _advice(self, report: r.Advice) -> None:
        self._line(report.message, style="yellow")
        self._block(report.why)
        self._block(report.hint)

    def _counted(self, report: r.TurnsCounted) -> None:
        text = f"{report.count:,} turns were counted and not examined: too many in one second"
        self._line(text, style="dim")

    # --- a turn ---

    def _started(self, report: r.TurnStarted) -> None:
        turn = self._turns[report.turn] = _Turn(report)
        if self._can_grow and self._speaks(turn):
            self._grow(turn.head)

    def _progress(self, report: r.TurnProgress) -> None:
        turn = self._turns.get(report.turn)
        if turn is None:
            return
        if self._verbose:
            for event in report.events:
                self._say_in(turn, _event_in_words(event))
        turn.progress = f"{report.event_count} events, {report.characters} characters"
        if self._can_grow and self._speaks(turn):
            self._grow(f"{turn.head}  {turn.progress} …")

    def _ended(self, report: r.TurnEnded) -> None:
        turn = self._turns.pop(report.turn, None)
        if turn is None:
            return
        self._head_with_lines(turn)
        failed = bool(report.error) or report.status >= 400  # noqa: PLR2004 - HTTP's own bound
        style = "red" if failed else "yellow" if report.hung_up else ""
        self._line(f"{turn.head}  {_outcome(report)}", style=style)
        nearest = next(iter(self._turns.values()), None)
        if nearest is not None:
            self._head_with_lines(nearest)
            if self._can_grow:
                self._grow(f"{nearest.head}  {nearest.progress}")

    def _log(self, report: r.LogLine) -> None:
        turn = self._turns.get(report.turn or 0)
        for text in clean(report.text).split("\n"):
            if turn is None:
                self._line(f"  │ {text}")
            else:
                self._say_in(turn, text)

    def _raised(self, report: r.BotRaised) -> None:
        turn = self._turns.get(report.turn or 0)
        text = "\n".join((report.traceback, f"try: {report.hint}" if report.hint else ""))
        if turn is None:
            self._block(text.rstrip())
            return
        for line in clean(text).splitlines():
            self._say_in(turn, line, style="red")

    def _violation(self, report: r.ViolationSeen) -> None:
        self._line(f"{report.level}: {report.rule} (turn #{report.turn})", style="yellow")
        self._block(report.detail)
        self._block(f"fix: {report.fix}")

    def _upstream(self, report: r.UpstreamCalled) -> None:
        error = f": {one_line(report.error)}" if report.error else ""
        text = f"→ {one_line(report.bot)} ({report.mode}) {report.event_count} events, "
        self._say_of(report.message_id, f"{text}{_ms(report.ms)}{error}")

    def _cost(self, report: r.CostAsked) -> None:
        refused = "" if report.ok else ", refused: not enough funds"
        self._say_of(report.message_id, f"{report.kind} {_dollars(report.amount)}{refused}")

    # --- writing ---

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
        self._console.paint(("\r\x1b[K" if live else "") + self._console.styled(text, style) + "\n")

    def _grow(self, text: str) -> None:
        """Write the line at the bottom anew; only for a terminal, which alone can show that."""
        self._live = one_line(text, width=self._console.width - 1)
        self._console.paint(f"\r\x1b[K{self._live}")


def _outcome(report: r.TurnEnded) -> str:
    if report.kind != "query":
        return f"HTTP {report.status}, {_ms(report.total_ms)}"
    first = "" if report.first_event_ms is None else f"first {_ms(report.first_event_ms)}"
    parts = [
        "" if report.status == 200 else f"HTTP {report.status}",  # noqa: PLR2004 - OK
        f"{report.event_count} events",
        first,
        f"total {_ms(report.total_ms)}",
        _size(report.size),
        f"{report.upstream_calls} calls" if report.upstream_calls else "",
        _dollars(report.cost) if report.cost else "",
        "client hung up" if report.hung_up else "",
        f"error: {one_line(report.error, width=_TEXT_WIDTH)}" if report.error else "",
        f"gen {report.generation}",
    ]
    return " · ".join(part for part in parts if part)


def _event_in_words(event: Event) -> str:
    values = {k: v for k, v in asdict(event).items() if v is not None}
    return f"{event_name(event)} {clean(repr(values))}"


def _told_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the bot says itself; null and empty are Poe's default."""
    return {
        name: value
        for name, value in settings.items()
        if value not in (None, {}, "") and name != "response_version"
    }


def _files_in_words(files: tuple[str, ...]) -> str:
    if not files:
        return "asked for"
    more = len(files) - _SHOWN_FILES
    shown = ", ".join(clean(file) for file in files[:_SHOWN_FILES])
    return f"{shown} and {more} more" if more > 0 else shown


def _ms(value: float) -> str:
    return f"{value / _SECOND_MS:.1f} s" if value >= _SECOND_MS else f"{value:.0f} ms"


def _size(value: int) -> str:
    return f"{value / _KB:.1f} kB" if value >= _KB else f"{value} B"


def _dollars(milli_cents: int) -> str:
    return f"${milli_cents / _MILLI_CENTS_PER_DOLLAR:.5f}"
