"""A clock that jumps (NTP, a laptop that slept, a person) changes nothing in `poe dev`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import poecli

ROOT = Path(poecli.__file__).parent
# What measures, waits or expires. Wall time is for stamps alone, which these do not write.
PLACES = ("devserver", "hosting", "http1")
WALL_CLOCK = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today"}
# Said to the bot's client in a ping's text, as sse-starlette does, in a line of the access log, and
# in the header Date, as HTTP wants it; nothing is computed of any.
STAMPS = {
    ("hosting/serving/production.py", "datetime.now"),
    ("hosting/serving/event_stream.py", "datetime.now"),
    ("http1/heads.py", "time.time"),
}


def clocks_read(source: str) -> set[str]:
    """The wall-clock functions a module names, called or passed on, imported under any form."""
    tree = ast.parse(source)
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return {clock for clock in WALL_CLOCK if clock in imported or _named(clock, names)}


def _named(clock: str, names: set[str]) -> bool:
    return any(name == clock or name.endswith(f".{clock}") for name in names)


@pytest.mark.parametrize("place", PLACES)
def test_no_interval_is_taken_from_the_wall_clock(place: str) -> None:
    """Only time.monotonic and the event loop's own clock, which follows it, are asked."""
    found = {
        (file.relative_to(ROOT).as_posix(), clock)
        for file in sorted((ROOT / place).rglob("*.py"))
        for clock in clocks_read(file.read_text(encoding="utf-8"))
    }
    assert found <= STAMPS


@pytest.mark.parametrize(
    ("source", "clocks"),
    [
        ("import time\nx = time.time()", {"time.time"}),
        ("from time import time", {"time.time"}),
        ("import datetime\nx = datetime.datetime.now", {"datetime.now"}),
        ("import time\nx = time.monotonic()", set()),
    ],
    ids=["called", "imported", "passed on", "monotonic"],
)
def test_every_way_to_ask_the_wall_clock_is_seen(source: str, clocks: set[str]) -> None:
    """The search above finds what it looks for."""
    assert clocks_read(source) == clocks
