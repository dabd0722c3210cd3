from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.terminal.foreign import Sanitizer, clean, one_line

# (bytes of a bot, what a terminal may see)
ATTACKS = {
    "colour": ("a\x1b[31mb\x1b[0mc", "abc"),
    "clear screen": ("a\x1b[2J\x1b[Hb", "ab"),
    "private mode": ("a\x1b[?1049hb", "ab"),
    "intermediate byte": ("a\x1b[1 qb", "ab"),
    "clipboard, BEL": ("a\x1b]52;c;aGk=\x07b", "ab"),
    "clipboard, ST": ("a\x1b]52;c;aGk=\x1b\\b", "ab"),
    "window title": ("a\x1b]0;title\x07b", "ab"),
    "hyperlink": ("\x1b]8;;http://x\x1b\\a\x1b]8;;\x1b\\", "a"),
    "device control": ("a\x1bP+q544e\x1b\\b", "ab"),
    "privacy message": ("a\x1b^x\x1b\\b", "ab"),
    "application command": ("a\x1b_Gf=100;AAAA\x1b\\b", "ab"),
    "start of string": ("a\x1bXx\x1b\\b", "ab"),
    "C1 CSI": ("a\x9b31mb", "ab"),
    "C1 OSC": ("a\x9d0;t\x9cb", "ab"),
    "C1 DCS": ("a\x90q\x9cb", "ab"),
    "reset": ("a\x1bcb", "ab"),
    "save cursor": ("a\x1b7b\x1b8c", "abc"),
    "charset": ("a\x1b(0b", "ab"),
    "keypad": ("a\x1b=b\x1b>c", "abc"),
    "string cut by a line end": ("a\x1b]0;t\nb", "a\nb"),
    "string cut by another sequence": ("a\x1b]0;t\x1b[31mb", "ab"),
    "double escape": ("a\x1b\x1b[31mb", "ab"),
    "backspaces": ("pass\x08\x08\x08\x08word", "password"),
    "carriage return": ("real\rfake", "realfake"),
    "line ends": ("a\r\nb\nc", "a\nb\nc"),
    "bell": ("a\x07b", "ab"),
    "NUL": ("a\x00b", "ab"),
    "DEL": ("a\x7fb", "ab"),
    "tab stays": ("a\tb", "a\tb"),
    "next line": ("a\x85b", "ab"),
    "cut in the middle": ("a\x1b[3", "a"),
    "cut at the escape": ("a\x1b", "a"),
    "letters of others": ("漢字 é 😀 ﷺ", "漢字 é 😀 ﷺ"),
}
TEXTS = st.text(
    alphabet=st.sampled_from("ab\n\t\r 0;[]()?\\PX^_m\x00\x07\x08\x1b\x7f\x90\x9b\x9c\x9d漢")
)
CONTROLS = {chr(code) for code in (*range(32), *range(127, 160))} - {"\n", "\t"}


def in_pieces(pieces: list[str]) -> str:
    sanitizer = Sanitizer()
    return "".join(sanitizer.feed(piece) for piece in pieces)


@pytest.mark.parametrize(("attack", "safe"), ATTACKS.values(), ids=ATTACKS)
def test_control_codes_are_dropped(attack: str, safe: str) -> None:
    """Nothing is left of a sequence, and nothing but it is lost."""
    assert clean(attack) == safe


@pytest.mark.parametrize(("attack", "safe"), ATTACKS.values(), ids=ATTACKS)
def test_a_cut_anywhere_changes_nothing(attack: str, safe: str) -> None:
    """A sequence spread over two pieces is dropped all the same."""
    cuts = [in_pieces([attack[:at], attack[at:]]) for at in range(len(attack) + 1)]
    assert cuts == [safe] * len(cuts)
    assert in_pieces(list(attack)) == safe


@given(st.lists(TEXTS, max_size=6))
def test_pieces_equal_the_whole(pieces: list[str]) -> None:
    """How a text is cut never matters."""
    assert in_pieces(pieces) == clean("".join(pieces))


@given(TEXTS)
def test_no_control_code_is_left(text: str) -> None:
    """Line feed and tab are the only controls in clean text, and cleaning again changes nothing."""
    assert not CONTROLS & set(clean(text))
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_text_without_controls_is_kept(text: str) -> None:
    """Whatever is no control code passes as it is."""
    plain = "".join(char for char in text if char not in CONTROLS)
    assert clean(plain) == plain


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "start", ["\x1b]52;c;", "\x1b[", "\x9d", "\x1bP"], ids=["osc", "csi", "c1", "dcs"]
)
@pytest.mark.parametrize("size", [1, 999])
def test_an_endless_sequence_is_given_up(start: str, size: int) -> None:
    """An answer can't be made to vanish behind a sequence that never ends."""
    text = start + "1" * 5_000
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    shown = in_pieces(pieces)
    assert shown.endswith("1" * 5_000)
    assert shown == clean(text)


def seconds(text: str) -> float:
    start = time.process_time()
    clean(text)
    return time.process_time() - start


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "unit", ["word \n", "a\x1b[31mb", "\x1b", "\x1b]", "\x1b[1;", "\x9d"], ids=repr
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    """Ten times the text takes about ten times as long, also for text made to be slow."""
    small = max(seconds(unit * 20_000), 0.001)
    assert seconds(unit * 200_000) < 40 * small


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\t c", "a b c"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("x" * 300, "x" * 199 + "…"),
        ("", ""),
        ("\n\n", ""),
        ("漢" * 201, "漢" * 199 + "…"),
    ],
    ids=["lines", "colour", "long", "empty", "blank", "wide"],
)
def test_one_line(text: str, line: str) -> None:
    """A text of any form becomes one short line."""
    assert one_line(text) == line
