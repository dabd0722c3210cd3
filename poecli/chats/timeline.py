"""When each event of an answer arrived, and what that says: the view behind ``/events``."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from poecli.protocol import limits
from poecli.protocol.limits import Limit
from poecli.protocol.reply import Reply, Violation
from poecli.protocol.rules.catalog import RULES
from poecli.terminal.foreign import one_line

# Events shown from each end of a long answer.
_SHOWN = 40


@dataclass(frozen=True)
class Row:
    """One event: its place from 1 on, its name, its time and the gap before it, its size."""

    position: int
    name: str
    at_ms: float
    gap_ms: float
    size: int


class Timeline:
    """The events of one answer in a few bytes each, so that 100,000 of them stay small."""

    def __init__(self) -> None:
        self._at = array("d")
        self._sizes = array("Q")
        self._kinds = array("L")
        self._names: dict[str, int] = {}
        self.violations: list[tuple[int, Violation]] = []

    def __len__(self) -> int:
        return len(self._at)

    def add(self, name: str, at_ms: float, size: int, violations: list[Violation]) -> None:
        """Take one event: ``size`` is the length of its data in characters."""
        self._at.append(at_ms)
        self._sizes.append(size)
        self._kinds.append(self._names.setdefault(name, len(self._names)))
        self.violations += [(len(self), violation) for violation in violations]

    def end(self, violations: list[Violation]) -> None:
        """The stream is over; ``violations`` is what was missing."""
        self.violations += [(len(self), violation) for violation in violations]

    @property
    def first_event_ms(self) -> float | None:
        """The time to the first event that is no ping."""
        for row in self.rows():
            if row.name != "ping":
                return row.at_ms
        return None

    @property
    def total_ms(self) -> float:
        """The time to the last event."""
        return self._at[-1] if self._at else 0.0

    def rows(self) -> Iterator[Row]:
        before, names = 0.0, list(self._names)
        for i, at in enumerate(self._at):
            yield Row(i + 1, names[self._kinds[i]], at, at - before, self._sizes[i])
            before = at


def describe(timeline: Timeline, replies: list[Reply]) -> str:
    """The protocol of one answer as a table: events, totals, limits used, broken rules."""
    if not len(timeline):
        return "No event has arrived."
    lines = [f"{'#':>6}  {'time':>9}  {'gap':>9}  {'size':>7}  event"]
    broken: dict[int, list[str]] = {}
    for position, violation in timeline.violations:
        broken.setdefault(position, []).append(violation.rule)
    runs = list(_runs(timeline, set(broken)))
    skipped = len(runs) - 2 * _SHOWN
    for number, (row, times, size) in enumerate(runs):
        if skipped > 0 and number == _SHOWN:
            lines.append(f"{'…':>6}  {skipped:,} rows more")
        if skipped > 0 and _SHOWN <= number < _SHOWN + skipped:
            continue
        marks = "".join(f"  ! {rule}" for rule in broken.get(row.position, ()))
        many = f" x {times:,}" if times > 1 else ""
        lines.append(
            f"{row.position:>6}  {_ms(row.at_ms):>9}  {_ms(row.gap_ms):>9}  {size:>7,}  "
            f"{one_line(row.name, width=40)}{many}{marks}"
        )
    return "\n".join([*lines, "", *_totals(timeline, replies), *_rules(timeline)])


def _runs(timeline: Timeline, apart: set[int]) -> Iterator[tuple[Row, int, int]]:
    """Neighbours of one name as one row: the first of them, how many, and their size together.

    Those whose positions are ``apart`` stand for themselves.
    """
    first: Row | None = None
    times = size = 0
    for row in timeline.rows():
        goes_on = first is not None and row.name == first.name
        if first is not None and goes_on and not {first.position, row.position} & apart:
            times, size = times + 1, size + row.size
            continue
        if first is not None:
            yield first, times, size
        first, times, size = row, 1, row.size
    if first is not None:
        yield first, times, size


def _totals(timeline: Timeline, replies: list[Reply]) -> list[str]:
    first = timeline.first_event_ms
    values: list[tuple[Limit, float]] = [
        (limits.FIRST_EVENT_SECONDS, (first or 0.0) / 1000),
        (limits.ANSWER_SECONDS, timeline.total_ms / 1000),
        (limits.ANSWER_CHARACTERS, sum(reply.characters for reply in replies)),
        (limits.ANSWER_EVENTS, len(timeline)),
        (limits.FILES_PER_MESSAGE, sum(len(reply.files) for reply in replies)),
    ]
    return [_used(limit, value) for limit, value in values]


def _used(limit: Limit, value: float) -> str:
    shown = f"{value:,.2f}" if limit.unit == "s" else f"{value:,.0f}"
    over = "  ! over the limit" if value > limit.value else ""
    share = 100 * value / limit.value
    return f"{limit.name}: {shown} of {limit.value:,} {limit.unit} ({share:.0f} %){over}"


def _rules(timeline: Timeline) -> list[str]:
    if not timeline.violations:
        return ["no rule broken"]
    return [
        f"! {violation.rule} ({RULES[violation.rule].level.value}): "
        f"{one_line(violation.detail)}. {RULES[violation.rule].fix}"
        for _, violation in timeline.violations
    ]


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"  # noqa: PLR2004 - digits shown
