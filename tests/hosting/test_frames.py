"""What is shown of the texts of an author's errors."""

from __future__ import annotations

import pytest

from poecli.hosting.author.frames import text_to_show

KEY = "made-up-key-of-the-tests-0123456789"
ENDS = 32 * 1024


@pytest.mark.parametrize("length", [0, 10, 4 * ENDS], ids=["none", "short", "as long as can be"])
def test_a_text_is_shown_whole(length: int) -> None:
    """But for keys."""
    assert text_to_show("x" * length) == "x" * length


def test_of_a_text_without_end_both_ends_are_shown() -> None:
    """And how much lies between."""
    text = "begin " + "x" * 1_000_000 + " end"
    shown = text_to_show(text)
    assert (shown[:6], shown[-4:], len(shown) < 3 * ENDS) == ("begin ", " end", True)
    assert f"\n… {len(text) - 2 * ENDS:,} characters are left out …\n" in shown


def test_a_text_full_of_keys_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are longer than their masks, so that less is left of what is cut."""
    monkeypatch.setenv("A_KEY", KEY * 9)
    assert KEY[:6] not in text_to_show(KEY * 9 * 10_000)


@pytest.mark.parametrize("beside", [-len(KEY), -20, -1, 0])
@pytest.mark.parametrize("cut", [ENDS, 2 * ENDS, 1_000_000 - 2 * ENDS, 1_000_000 - ENDS])
def test_no_piece_of_a_key_stays_where_a_text_is_cut(
    cut: int, beside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever that is."""
    monkeypatch.setenv("SOME_API_KEY", KEY)
    at = cut + beside
    shown = text_to_show("x" * at + KEY + "x" * (1_000_000 - at - len(KEY)))
    assert not any(KEY[start : start + 6] in shown for start in range(len(KEY) - 6))
