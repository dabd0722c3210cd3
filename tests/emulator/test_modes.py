"""The modes of upstream bots, as typed."""

from __future__ import annotations

import pytest

from poecli.emulator.bots.latency import Latency
from poecli.emulator.bots.modes import Mode, parse_flags, parse_mode
from poecli.errors import UsageError

GOOD = [
    ("mock", Mode("mock")),
    ("mock:long", Mode("mock", "long")),
    ("script:a.toml", Mode("script", "a.toml")),
    ("local:other.py:bot", Mode("local", "other.py:bot")),
    ("live", Mode("live")),
    ("record:a.jsonl", Mode("record", "a.jsonl")),
    ("replay:C:\\a.jsonl", Mode("replay", "C:\\a.jsonl")),
    ("off", Mode("off")),
    ("mock,delay=0.8", Mode("mock", latency=Latency(delay=0.8))),
    ("mock:long,delay=1,pace=0.05", Mode("mock", "long", Latency(1, 0.05))),
    ("script:a, b.toml,pace=0.05", Mode("script", "a, b.toml", Latency(pace=0.05))),
    ("replay:a.jsonl,pace=recorded", Mode("replay", "a.jsonl", Latency(recorded=True))),
]
BAD = [
    ("moc", "Did you mean 'mock'"),
    ("script", "script:FILE"),
    ("record:", "record:FILE"),
    ("live:now", 'Write "live"'),
    ("", "Known:"),
    ("mock,dealy=1", "Did you mean 'delay'"),
    ("mock,delay=soon", "delay=0.5"),
    ("mock,delay=-1", "delay=0.5"),
    ("mock,pace=601", "pace=0.5"),
    ("mock,pace=recorded", "pace=0.05"),
    ("live,delay=1", 'Write "live"'),
    ("replay:a,delay=1,pace=recorded", "recorded delay"),
]


@pytest.mark.parametrize(("text", "mode"), GOOD, ids=[text for text, _ in GOOD])
def test_a_mode_is_read_and_shown_as_it_was_written(text: str, mode: Mode) -> None:
    """What the author typed is what the terminal shows again."""
    assert parse_mode(text, bot="X") == mode
    assert str(mode) == text


@pytest.mark.parametrize(("text", "hint"), BAD, ids=[text or "empty" for text, _ in BAD])
def test_a_wrong_mode_says_what_to_write(text: str, hint: str) -> None:
    """The error names the bot and the way out."""
    with pytest.raises(UsageError, match="'X'") as caught:
        parse_mode(text, bot="X")

    assert hint in caught.value.hint


def test_flags_and_tables_give_the_same_modes() -> None:
    """``--bot NAME=MODE`` says what ``[dev.bots]`` says."""
    assert parse_flags(["A=off", "C=live"]) == {
        "A": parse_mode("off", bot="A"),
        "C": parse_mode("live", bot="C"),
    }


@pytest.mark.parametrize("flag", ["A", "=mock", ""])
def test_a_flag_without_name_or_mode_is_refused(flag: str) -> None:
    """NAME=MODE needs both."""
    with pytest.raises(UsageError, match=r"NAME=MODE|mode"):
        parse_flags([flag])
