"""The settings answer, and what Poe makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from poecli.protocol.settings import (
    ParameterControls,
    SettingsResponse,
    controls_of,
    declared_calls,
    effective,
    parameter_defaults,
)

CONTROLS: dict[str, Any] = {
    "api_version": "2",
    "sections": [
        {
            "name": "One",
            "controls": [
                {"control": "divider"},
                {"control": "text_field", "label": "A", "parameter_name": "a"},
                {
                    "control": "condition",
                    "condition": {
                        "comparator": "eq",
                        "left": {"parameter_name": "a"},
                        "right": {"literal": "x"},
                    },
                    "controls": [
                        {"control": "divider"},
                        {
                            "control": "slider",
                            "label": "B",
                            "parameter_name": "b",
                            "default_value": 0,
                            "min_value": 0,
                            "max_value": 1,
                            "step": 0.5,
                        },
                    ],
                },
            ],
        },
        {
            "tabs": [
                {
                    "name": "T",
                    "controls": [
                        {
                            "control": "toggle_switch",
                            "label": "C",
                            "parameter_name": "c",
                            "default_value": False,
                        },
                        {
                            "control": "text_area",
                            "label": "C",
                            "parameter_name": "c",
                            "default_value": "late",
                        },
                    ],
                }
            ]
        },
    ],
}


@pytest.mark.parametrize(
    ("answer", "attachments", "multi", "controls"),
    [
        pytest.param({}, False, False, False, id="missing"),
        pytest.param({"response_version": None}, False, False, False, id="null"),
        pytest.param({"response_version": 0}, False, False, False, id="0"),
        pytest.param({"response_version": 1}, True, True, False, id="1"),
        pytest.param({"response_version": 2}, True, True, True, id="2"),
        pytest.param({"response_version": 3}, True, True, True, id="from-the-future"),
        pytest.param({"response_version": -1}, False, False, False, id="negative"),
    ],
)
def test_defaults_depend_on_the_response_version(
    answer: dict[str, Any], attachments: bool, multi: bool, controls: bool
) -> None:
    """The table of defaults when a setting is null."""
    settings = effective(
        SettingsResponse.model_validate({**answer, "parameter_controls": CONTROLS})
    )
    assert settings.allow_attachments is attachments
    assert settings.enable_multi_entity_prompting is multi
    assert (settings.parameter_controls is not None) is controls
    assert settings.expand_text_attachments is True
    assert settings.enable_image_comprehension is False
    assert settings.enforce_author_role_alternation is False
    assert settings.introduction_message == ""
    assert settings.server_bot_dependencies == {}


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "allow_attachments",
        "expand_text_attachments",
        "enable_image_comprehension",
        "enforce_author_role_alternation",
        "enable_multi_entity_prompting",
    ],
)
def test_what_is_said_wins_over_the_default(name: str, value: bool, version: int) -> None:
    """A setting that is given counts in every version."""
    answer = SettingsResponse.model_validate({"response_version": version, name: value})
    assert getattr(effective(answer), name) is value


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param({"enable_multi_bot_chat_prompting": False}, False, id="old-name"),
        pytest.param(
            {"enable_multi_bot_chat_prompting": False, "enable_multi_entity_prompting": True},
            True,
            id="new-name-wins",
        ),
    ],
)
def test_the_old_name_of_multi_entity_prompting(answer: dict[str, Any], expected: bool) -> None:
    """The old name counts as long as the new one is absent."""
    settings = SettingsResponse.model_validate({"response_version": 2, **answer})
    assert effective(settings).enable_multi_entity_prompting is expected


def test_unknown_keys_pass_and_are_told() -> None:
    """A settings answer with keys of another time is read; the keys are listed."""
    settings = SettingsResponse.model_validate({"zeal": 1, "allow_atachments": True})
    assert settings.unknown_keys == ["allow_atachments", "zeal"]
    assert SettingsResponse().unknown_keys == []


def test_null_dependencies_are_none() -> None:
    """A null where a table belongs means the default."""
    answer = SettingsResponse.model_validate({"server_bot_dependencies": None})
    assert answer.server_bot_dependencies == {}


def test_every_control_with_a_parameter_is_found() -> None:
    """In sections, tabs and conditions, in the order shown; dividers have no parameter."""
    controls = controls_of(ParameterControls.model_validate(CONTROLS))
    assert [control.parameter_name for control in controls] == ["a", "b", "c", "c"]


def test_defaults_of_parameters() -> None:
    """Defaults are those given, 0 and false too; of a shared name the first counts."""
    assert parameter_defaults(ParameterControls.model_validate(CONTROLS)) == {"b": 0, "c": False}


@pytest.mark.parametrize(
    "control",
    [
        {"control": "knob"},
        {"control": "divider", "label": "x"},
        {"control": "slider", "label": "S", "parameter_name": "s"},
        {"control": "drop_down", "label": "D", "parameter_name": "d"},
    ],
    ids=lambda control: str(control["control"]),
)
def test_controls_are_read_strictly(control: dict[str, Any]) -> None:
    """Unknown kinds, unknown keys and missing fields are refused, as by fastapi_poe."""
    with pytest.raises(ValidationError):
        ParameterControls.model_validate({"sections": [{"controls": [control]}]})


@pytest.mark.parametrize(
    ("dependencies", "allowed"),
    [({}, None), ({"Other": 1}, None), ({"Bot": 3}, 3), ({"any": 2}, 2), ({"any": 2, "Bot": 1}, 1)],
)
def test_calls_are_declared_for_a_bot_or_for_any(
    dependencies: dict[str, int], allowed: int | None
) -> None:
    """A bot's own number stands before the wildcard of an old official sample."""
    assert declared_calls(dependencies, "Bot") == allowed
