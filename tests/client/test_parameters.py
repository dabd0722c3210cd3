"""`--param`: a text becomes what the bot's own controls ask for."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.client.parameters import parse_parameters, taken_from_text
from poecli.errors import UsageError
from poecli.protocol.settings import SettingsResponse, effective

CONTROLS = [
    {"control": "text_field", "label": "T", "parameter_name": "title"},
    {"control": "text_field", "label": "N", "parameter_name": "c++"},
    {"control": "toggle_switch", "label": "W", "parameter_name": "web"},
    {
        "control": "slider",
        "label": "S",
        "parameter_name": "size",
        "min_value": 1,
        "max_value": 9,
        "step": 1,
    },
    {
        "control": "drop_down",
        "label": "M",
        "parameter_name": "mood",
        "options": [{"value": "glad", "name": "Very glad"}, {"value": "sad", "name": "Sad"}],
    },
    {
        "control": "aspect_ratio",
        "label": "A",
        "parameter_name": "shape",
        "options": [{"width": 16, "height": 9}],
    },
]
KNOWN = effective(
    SettingsResponse.model_validate(
        {"response_version": 2, "parameter_controls": {"sections": [{"controls": CONTROLS}]}}
    )
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("title=7", "7"),
        ("title=a=b", "a=b"),
        ("web=on", True),
        ("web=NO", False),
        ("size=3", 3),
        ("mood=Very glad", "glad"),
        ("mood=sad", "sad"),
        ("shape=16:9", "16:9"),
    ],
)
def test_a_text_becomes_the_controls_type(text: str, value: Any) -> None:
    """Text stays text, switches and sliders get their types, choices their values."""
    assert list(parse_parameters([text], KNOWN).values()) == [value]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("titel=x", "title"),
        ("web=maybe", "on or off"),
        ("size=99", "between 1 and 9"),
        ("size=big", "number"),
        ("size=NaN", "number"),
        ("mood=glat", "glad"),
        ("shape=1:1", "16:9"),
        ("novalue", "NAME=VALUE"),
        ("=x", "NAME=VALUE"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, says: str) -> None:
    """The error says what would fit."""
    with pytest.raises(UsageError) as caught:
        parse_parameters([text], KNOWN)
    assert says in f"{caught.value.why} {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=3", 3),
        ("a=0.5", 0.5),
        ("a=true", True),
        ("a=x", "x"),
        ("a=[1]", "[1]"),
        ("a=", ""),
        ("a=NaN", "NaN"),
        ("a=-Infinity", "-Infinity"),
        ("a=1e999", "1e999"),
    ],
)
def test_without_controls_the_type_is_guessed(text: str, value: Any) -> None:
    """A handle on Poe tells no controls: numbers and true/false are taken as such."""
    assert parse_parameters([text], None) == {"a": value}


IN_TEXT: list[tuple[str, str, dict[str, Any]]] = [
    ("draw a cat", "draw a cat", {}),
    ("draw --size 3 a cat", "draw a cat", {"size": 3}),
    ("a cat --mood sad --size 3", "a cat", {"mood": "sad", "size": 3}),
    ("--web a cat", "a cat", {"web": True}),
    ("--web off a cat", "a cat", {"web": False}),
    ('a cat --title "My cat" --shape 16:9', "a cat", {"title": "My cat", "shape": "16:9"}),
    ("a cat --c++ 20", "a cat", {"c++": "20"}),
    ("git log --oneline --sizes 3 x--size", "git log --oneline --sizes 3 x--size", {}),
]


@pytest.mark.parametrize(("text", "left", "parameters"), IN_TEXT, ids=[row[0] for row in IN_TEXT])
def test_a_message_is_read_as_poes_client_reads_it(
    text: str, left: str, parameters: dict[str, Any]
) -> None:
    """The names of the bot's own parameters alone; the other words stay as they are."""
    assert taken_from_text(text, KNOWN) == (left, parameters)


@pytest.mark.parametrize("text", ["a cat --mood angry", "--size 99 a cat", "a cat --size"])
def test_a_value_that_is_none_rejects_the_message(text: str) -> None:
    """So that a bot that tells users to write it is found out here."""
    with pytest.raises(UsageError, match="can't be") as caught:
        taken_from_text(text, KNOWN)
    assert "reject the whole message" in caught.value.why


def test_without_known_controls_nothing_is_read() -> None:
    """A handle on Poe keeps its settings to itself."""
    assert taken_from_text("a --size 3", None) == ("a --size 3", {})
