"""One value set in a TOML text, and nothing else changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.config.toml_tables import read_tables
from poecli.errors import UsageError
from poecli.local.toml_edit import Place, Value, set_values, with_value

MODE = ("dev", "bots", "GPT-4o")
BALANCE = ("dev", "balance")
EDITS = [
    ("nothing there", "", MODE, '[dev.bots]\n"GPT-4o" = "off"\n'),
    ("another table", "# a\nx = 1 # b\n", MODE, '# a\nx = 1 # b\n\n[dev.bots]\n"GPT-4o" = "off"\n'),
    ("the value", '[dev.bots]\nGPT-4o = "mock" # c\n', MODE, '[dev.bots]\nGPT-4o = "off" # c\n'),
    ("quoted", "[dev.bots]\n'GPT-4o'='a'\nb='c'", MODE, "[dev.bots]\n'GPT-4o'=\"off\"\nb='c'"),
    (
        "a table that ends with a comment",
        '[dev.bots]\n  "B" = "mock"  # d\n\n# of the next\n[x]\n',
        MODE,
        '[dev.bots]\n  "B" = "mock"  # d\n  "GPT-4o" = "off"\n\n# of the next\n[x]\n',
    ),
    ("an empty table", "[dev.bots]\n[x]", MODE, '[dev.bots]\n"GPT-4o" = "off"\n[x]'),
    ("a last line", '[dev.bots]\nB = "a"', MODE, '[dev.bots]\nB = "a"\n"GPT-4o" = "off"\n'),
    (
        "braces",
        'dev = { bots = { B = "a" } }',
        MODE,
        'dev = { bots = { B = "a", "GPT-4o" = "off" } }',
    ),
    ("empty braces", "[dev]\nbots = {}\n", MODE, '[dev]\nbots = { "GPT-4o" = "off" }\n'),
    ("outer braces", "dev = {port = 1}", MODE, 'dev = {port = 1, bots."GPT-4o" = "off"}'),
    (
        "dotted",
        'dev.bots.B = "a"\n[x]\n',
        MODE,
        'dev.bots.B = "a"\ndev.bots."GPT-4o" = "off"\n[x]\n',
    ),
    (
        "dotted within",
        '[dev]\nbots.B = "a"\n',
        MODE,
        '[dev]\nbots.B = "a"\nbots."GPT-4o" = "off"\n',
    ),
    (
        "an outer table",
        "[dev]\nport = 1\n",
        MODE,
        '[dev]\nport = 1\n\n[dev.bots]\n"GPT-4o" = "off"\n',
    ),
    (
        "line ends of Windows",
        "[dev]\r\nport = 1\r\n",
        BALANCE,
        "[dev]\r\nport = 1\r\nbalance = 5\r\n",
    ),
    ("a mark of its encoding", "\ufeff[dev]\n", BALANCE, "\ufeff[dev]\nbalance = 5\n"),
    ("an inner table alone", "[dev.bots]\n", BALANCE, "[dev.bots]\n\n[dev]\nbalance = 5\n"),
    (
        "a list over lines",
        '[dev]\nfaults = [\n  "cut", # x\n]\nport = 1\n',
        ("dev", "faults"),
        '[dev]\nfaults = ["stop", "cut=0.5"]\nport = 1\n',
    ),
]
VALUES: dict[Place, Value] = {MODE: "off", BALANCE: 5, ("dev", "faults"): ("stop", "cut=0.5")}


@pytest.mark.parametrize(
    ("text", "place", "edited"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_a_value_is_set_where_it_belongs(text: str, place: tuple[str, ...], edited: str) -> None:
    assert with_value(text, place, VALUES[place]) == edited


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(ANY_TEXT, st.sampled_from([row[1] for row in EDITS]))
def test_any_text_is_read_as_it_was_written(value: str, text: str) -> None:
    edited = with_value(text, ("dev", "bots", value), value)
    assert read_tables(edited.removeprefix("\ufeff"))["dev"]["bots"][value] == value


def test_a_file_that_can_not_be_changed_stays_and_says_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "poe.toml"
    file.write_text("dev = 1\n")
    with pytest.raises(UsageError, match=r"poe\.toml can't be changed") as caught:
        set_values(file, {MODE: "off"})
    assert caught.value.hint == 'Write it there: dev.bots."GPT-4o" = "off"'
    assert file.read_text() == "dev = 1\n"


def test_a_link_leads_to_the_changed_file(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_bytes(b"[dev]\r\n")
    link = tmp_path / "poe.toml"
    link.symlink_to("real.toml")
    set_values(link, {BALANCE: 5})
    assert (link.is_symlink(), link.read_bytes()) == (True, b"[dev]\r\nbalance = 5\r\n")
