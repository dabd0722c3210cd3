"""Queries and their points, one a line, or summed by bot or by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from poecli.client.platform_api import PaidQuery
from poecli.terminal.foreign import one_line

_MICROSECONDS = 1_000_000
# Poe's reference says microseconds; its older page shows seconds, which are some 10 digits.
_SMALLEST_MICROSECONDS = 10**14
_NAME_WIDTH = 38


@dataclass(frozen=True)
class Group:
    """Queries that belong together, and their points."""

    name: str
    queries: int
    points: int


def time_of(query: PaidQuery) -> datetime:
    """When a query was made."""
    seconds: float = query.creation_time
    if query.creation_time >= _SMALLEST_MICROSECONDS:
        seconds = query.creation_time / _MICROSECONDS
    return datetime.fromtimestamp(seconds, timezone.utc)


def _day(query: PaidQuery) -> str:
    return time_of(query).astimezone().date().isoformat()


GROUPINGS: dict[str, Callable[[PaidQuery], str]] = {
    "bot": lambda query: query.bot_name,
    "day": _day,
}


def grouped(queries: Iterable[PaidQuery], by: str) -> list[Group]:
    """The groups: bots with the dearest first, days with the newest first."""
    found: dict[str, list[int]] = {}
    for query in queries:
        found.setdefault(GROUPINGS[by](query), []).append(query.cost_points)
    groups = [Group(name, len(points), sum(points)) for name, points in found.items()]
    return sorted(groups, key=lambda group: -group.points) if by == "bot" else groups


def rows_of_queries(queries: Sequence[PaidQuery]) -> list[str]:
    """A heading, and a line for each query: time here, bot, kind of use, points."""
    rows = [f"{'TIME':<17} {'BOT':<{_NAME_WIDTH}} {'USE':<10} {'POINTS':>11}"]
    for query in queries:
        time = time_of(query).astimezone().strftime("%Y-%m-%d %H:%M")
        bot, use = one_line(query.bot_name, width=_NAME_WIDTH), one_line(query.usage_type, width=10)
        rows.append(f"{time:<17} {bot:<{_NAME_WIDTH}} {use:<10} {query.cost_points:>11,}")
    return rows


def rows_of_groups(groups: Sequence[Group], by: str) -> list[str]:
    """A heading, and a line for each group: its name, queries, points."""
    rows = [f"{by.upper():<{_NAME_WIDTH}} {'QUERIES':>10} {'POINTS':>13}"]
    for group in groups:
        name = one_line(group.name, width=_NAME_WIDTH)
        rows.append(f"{name:<{_NAME_WIDTH}} {group.queries:>10,} {group.points:>13,}")
    return rows
