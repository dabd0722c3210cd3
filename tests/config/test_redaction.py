"""A key never stands in a cassette, however the answer cuts it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from poecli.config.redaction import (
    masked_frames,
    masked_pieces,
    masked_value,
    may_spell,
    url_to_keep,
    usable_keys,
    without_secrets,
)
from poecli.protocol.sse import Frame

KEY = "sk-seeded-0123456789abcdef"
TEXT = f"The key is {KEY}, and again {KEY}."


@pytest.mark.parametrize("cuts", range(4))
def test_a_key_is_masked_for_every_way_of_cutting_it(cuts: int) -> None:
    """Each set of up to three cuts within the key leaves the lengths, and nothing of the key."""
    first = TEXT.index(KEY)
    for places in itertools.combinations(range(first, first + len(KEY) + 1), cuts):
        edges = [0, *places, len(TEXT)]
        pieces = [TEXT[a:b] for a, b in itertools.pairwise(edges)]

        masked = masked_pieces(pieces, [KEY])

        assert "".join(masked) == TEXT.replace(KEY, "*" * len(KEY))
        assert [len(piece) for piece in masked] == [len(piece) for piece in pieces]


def text_frames(pieces: list[str]) -> list[Frame]:
    return [Frame("text", json.dumps({"text": piece})) for piece in pieces]


def argument_frames(pieces: list[str]) -> list[Frame]:
    return [
        Frame(
            "json",
            json.dumps(
                {
                    "choices": [
                        {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": p}}]}}
                    ]
                }
            ),
        )
        for p in pieces
    ]


def indexed_frames(pieces: list[str]) -> list[Frame]:
    pairs = [({"text": p, "index": 0}, {"text": "other", "index": 1}) for p in pieces]
    return [Frame("text", json.dumps(data)) for pair in pairs for data in pair]


def pinged_frames(pieces: list[str]) -> list[Frame]:
    return [f for p in text_frames(pieces) for f in (p, Frame("ping", ""))]


def broken_frames(pieces: list[str]) -> list[Frame]:
    return [Frame("text", "{broken " + pieces[0] + pieces[1])]


def named_frames(pieces: list[str]) -> list[Frame]:
    return [Frame("json", json.dumps({pieces[0] + pieces[1]: 1}))]


def texts(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(texts(part) for part in (*value, *value.values()))
    return "".join(map(texts, value)) if isinstance(value, list) else str(value)


SHAPES = [text_frames, argument_frames, indexed_frames, pinged_frames, broken_frames, named_frames]


@pytest.mark.parametrize("shape", SHAPES, ids=[s.__name__ for s in SHAPES])
def test_no_kind_of_event_lets_a_key_through(shape: Any) -> None:
    """Text, arguments of tools, several answers in one stream, pings between, broken events."""
    for cut in range(1, len(KEY)):
        frames = shape([KEY[:cut], KEY[cut:]])

        masked = masked_frames(frames, [KEY])

        assert may_spell("".join(frame.data for frame in frames), [KEY])
        assert KEY not in "".join(f.data for f in masked)
        assert sum(frame.data.count("*") for frame in masked) == len(KEY)


@pytest.mark.parametrize(
    ("stream", "key", "may"),
    [
        ('{"text": "abc"}', "abcd-xyz", False),
        ('{"text": "abcd-xy"} {"text": "z"}', "abcd-xyz", True),
        (r'{"text": "abcd-xy\u007a"}', "abcd-xyz", True),
        (r'{"text": "schl\u00fcss"}', "schlüsselchen", True),
        (r'{"text": "tab\t"}', "tab\ttab\t", True),
        (r'{"text": "caf\u00e9"}', "abcd-xyz", False),
    ],
)
def test_an_answer_is_read_for_a_key_only_if_it_may_hold_it(
    stream: str, key: str, *, may: bool
) -> None:
    """However JSON may write the characters of the key."""
    assert may_spell(stream, [key]) is may


def test_frames_without_a_key_are_left_byte_for_byte() -> None:
    """Only what holds a key is written anew."""
    frames = [Frame("text", '{ "text":"a\\u00e9" }'), Frame("x", "no json"), Frame("done", "{}")]

    assert masked_frames(frames, [KEY]) == frames


def test_keys_that_could_be_words_are_not_looked_for() -> None:
    """A short key, or none, would mask ordinary text."""
    assert usable_keys(["short", "<missing>", "", KEY, KEY + "x"]) == [KEY + "x", KEY]


def test_a_request_is_masked_in_names_and_values() -> None:
    """Keys hide in extra parameters, too."""
    value = {"a": [KEY, {"b" + KEY: 1}], "n": 5}

    masked = masked_value(value, [KEY])

    assert masked == {"a": ["*" * len(KEY), {"b" + "*" * len(KEY): 1}], "n": 5}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://h/bot", "http://h/bot"),
        ("http://u:KEYKEYKEY@h:8080/bot", "http://h:8080/bot"),
        ("http://h/?key=KEYKEYKEY&team=a", "http://h/?key=****&team=a"),
        ("http://h/?access_token=x&auth=y#z", "http://h/?access_token=****&auth=****"),
        ("http://[", "http://["),
        ("http://u:p@[", "http://****@["),
    ],
)
def test_a_url_is_kept_without_its_secrets(url: str, kept: str) -> None:
    """What is stored and listed asks the same bot, and shows no key."""
    assert url_to_keep(url) == kept


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("POE_API_KEY", True),
        ("GITHUB_TOKEN", True),
        ("BASIC_AUTH", True),
        ("DB_PASSWORD", True),
        ("AWS_CREDENTIALS", True),
        ("CLIENT_SECRET", True),
        ("HOME", False),
        ("PATH", False),
    ],
)
def test_one_list_says_which_variables_hold_secrets(name: str, secret: bool) -> None:
    """The same for tracebacks and reports of our own bugs."""
    masked = without_secrets("its value is " + "v" * 20, {name: "v" * 20})
    assert masked == "its value is " + (f"<{name}>" if secret else "v" * 20)
