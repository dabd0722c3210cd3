"""TOML becomes values that JSON can carry, or an error that names the place."""

from __future__ import annotations

import pytest

from poecli.config.toml_tables import read_tables

REFUSED = [
    ("a = 1\nb = nan", "nan is not a finite number (at line 2, column 5)"),
    ("banana = [1, -inf]", "-inf is not a finite number (at line 1, column 14)"),
    ("a = {b = 1e999}", "1e999 is not a finite number (at line 1, column 10)"),
    ("[[a]]\nb = 2026-01-31", "2026-01-31 is text only in quotes (at line 2, column 5)"),
    ("a = [[07:30:00]]", "07:30:00 is text only in quotes (at line 1, column 7)"),
    ("a = 2026-01-31T07:30:00Z", "2026-01-31T07:30:00+00:00 is text only in quotes"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_json_has_not_is_refused(text: str, why: str) -> None:
    """The value and where it stands."""
    with pytest.raises(ValueError, match=r"finite|quotes") as caught:
        read_tables(text)
    assert str(caught.value) == why


def test_all_else_is_read() -> None:
    """Numbers, texts, tables and lists, as tomllib reads them."""
    text = 'a = 1.5e3\nb = "nan"\nc = [{d = 1}, true]\n[e]'
    assert read_tables(text) == {"a": 1500.0, "b": "nan", "c": [{"d": 1}, True], "e": {}}
