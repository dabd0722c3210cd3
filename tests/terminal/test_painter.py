from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.terminal.painter import Painter
from tests.terminal.screen import FakeTerminal

HEIGHT = 5
ROWS = st.lists(st.sampled_from(["", "a", "b", "long row"]), max_size=9)


def painted(*frames: tuple[list[str], list[str]]) -> FakeTerminal:
    terminal, painter = FakeTerminal(20, HEIGHT), Painter()
    for final, tail in frames:
        terminal.write(painter.paint(final, tail, height=HEIGHT))
    return terminal


def without_empty_end(rows: list[str]) -> list[str]:
    return without_empty_end(rows[:-1]) if rows and not rows[-1] else rows


@given(st.lists(st.tuples(ROWS, ROWS), max_size=8))
def test_the_last_rows_are_on_the_screen(frames: list[tuple[list[str], list[str]]]) -> None:
    """After every frame the screen shows final rows and tail, from the end, as far as they fit."""
    finals: list[str] = []
    for count, (final, tail) in enumerate(frames, start=1):
        finals += final
        shown = painted(*frames[:count]).rows()
        want = finals + tail[max(0, len(tail) - HEIGHT + 1) :]
        assert shown == without_empty_end(want)


def test_a_frame_is_synchronized_and_keeps_to_its_rows() -> None:
    """The terminal shows a frame at once, and no row may wrap into another."""
    frame = Painter().paint(["a"], [], height=HEIGHT)
    assert frame.startswith("\x1b[?2026h\x1b[?7l")
    assert frame.endswith("\x1b[?7h\x1b[?2026l")


def test_an_unchanged_screen_costs_nothing() -> None:
    """Nothing is written when nothing changed."""
    painter = Painter()
    painter.paint(["a"], ["b"], height=HEIGHT)
    assert painter.paint([], ["b"], height=HEIGHT) == ""
    assert painter.paint(["b"], [], height=HEIGHT) == ""


def test_only_changed_rows_are_written() -> None:
    """A growing last row does not cost the rows above it."""
    painter = Painter()
    painter.paint(["first"], ["second"], height=HEIGHT)
    assert "first" not in painter.paint([], ["second one"], height=HEIGHT)


def test_erase_takes_the_place_of_what_is_painted() -> None:
    """The next paint begins where the first one did."""
    terminal, painter = FakeTerminal(20, HEIGHT), Painter()
    terminal.write(painter.paint(["a", "b"], ["c"], height=HEIGHT))
    painter.erase()
    terminal.write(painter.paint([], ["d"], height=HEIGHT))
    assert terminal.rows() == ["d"]


def test_keep_goes_on_below() -> None:
    """What was kept is never touched again."""
    terminal, painter = FakeTerminal(20, HEIGHT), Painter()
    terminal.write(painter.paint(["a"], ["b"], height=HEIGHT))
    terminal.write(painter.keep())
    terminal.write(painter.paint(["c"], [], height=HEIGHT))
    assert terminal.rows() == ["a", "b", "c"]
    assert painter.scrolled


@pytest.mark.parametrize(("height", "taken", "left"), [(6, True, 5), (3, True, 2), (2, False, 5)])
def test_a_lower_screen_takes_final_rows_only(height: int, taken: bool, left: int) -> None:
    """Rows that may still change can't be left to the scrollback."""
    painter = Painter()
    painter.paint(["a", "b", "c"], ["d", "e"], height=10)
    assert painter.shrink(height) is taken
    assert painter.rows_painted == left
