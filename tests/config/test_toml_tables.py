"""TOML becomes values that JSON can carry, each with its line, or an error that names the place."""

from __future__ import annotations

import pytest

from poecli.config.toml_lines import KeyPath, lines_of
from poecli.config.toml_tables import read_tables

REFUSED = [
    ("a = 1\nb = nan", "nan is not a finite number (at line 2, column 5)"),
    ("banana = [1, -inf]", "-inf is not a finite number (at line 1, column 14)"),
    ("a = {b = 1e999}", "1e999 is not a finite number (at line 1, column 10)"),
    ("[[a]]\nb = 2026-01-31", "2026-01-31 must be in quotes (at line 2, column 5)"),
    ("a = [[07:30:00]]", "07:30:00 must be in quotes (at line 1, column 7)"),
    ("a = 2026-01-31T07:30:00Z", "2026-01-31T07:30:00+00:00 must be in quotes"),
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


PLACED = """\
top = 1                          # 1
[table]
"quoted \\u0041" = "a = [x]"      # 3
dotted . 'key' = 1.5
[[list]]                         # 5
a = { b = [1, { c = 2 }] }
[list.below]
d = '''
[[list]]
[table]'''
[[list]]                         # 11
[[list.below]]
e = [
  "[",                           # 14
  2026-01-01 ]
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("top",), 1),
        (("table",), 2),
        (("table", "quoted A"), 3),
        (("table", "dotted", "key"), 4),
        (("list",), 5),
        (("list", 0), 5),
        (("list", 0, "a", "b", 1, "c"), 6),
        (("list", 0, "below", "d"), 8),
        (("list", 1), 11),
        (("list", 1, "below", 0, "e", 0), 14),
        (("list", 1, "below", 0, "e", 1), 15),
        (("list", 2), None),
    ],
)
def test_every_key_and_item_has_its_line(place: KeyPath, line: int | None) -> None:
    """However it is written: in headers, dotted, quoted, inline, over several lines."""
    assert lines_of(PLACED).get(place) == line
