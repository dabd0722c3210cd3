"""`--param`: a text becomes what the bot's own controls ask for."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.chat.parameters import parse_parameters
from poecli.errors import UsageError
from poecli.protocol.settings import SettingsResponse, effective

CONTROLS = [
    {"control": "text_field", "label": "T", "parameter_name": "title"},
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
