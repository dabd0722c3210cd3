"""Settings answers, each broken in one way."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.protocol.rules.catalog import RULES, Topic
from poecli.protocol.rules.settings_lint import lint_settings
from poecli.protocol.settings import SettingsResponse

# As fastapi_poe sends SettingsResponse(): every key, nulls where nothing was said.
DEFAULTS: dict[str, Any] = {
    "response_version": 2,
    "context_clear_window_secs": None,
    "allow_user_context_clear": None,
    "custom_rate_card": None,
    "server_bot_dependencies": {},
    "allow_attachments": None,
    "introduction_message": None,
    "expand_text_attachments": None,
    "enable_image_comprehension": None,
    "enforce_author_role_alternation": None,
    "enable_multi_bot_chat_prompting": None,
    "enable_multi_entity_prompting": None,
    "rate_card": None,
    "cost_label": None,
    "parameter_controls": None,
}
TEXT = {"control": "text_field", "label": "T", "parameter_name": "t"}
SLIDER = {
    "control": "slider",
    "label": "S",
    "parameter_name": "s",
    "min_value": 0,
    "max_value": 10,
    "step": 2,
}
CHOICE: dict[str, Any] = {
    "control": "drop_down",
    "label": "C",
    "parameter_name": "c",
    "options": [{"value": "a", "name": "A"}, {"value": "b", "name": "B"}],
}
SHAPE = {
    "control": "aspect_ratio",
    "label": "R",
    "parameter_name": "r",
    "options": [{"width": 16, "height": 9}, {"value": "square", "width": 1, "height": 1}],
}
IF_T: dict[str, Any] = {
    "control": "condition",
    "condition": {
        "comparator": "eq",
        "left": {"parameter_name": "t"},
        "right": {"literal": "x"},
    },
    "controls": [SLIDER],
}
IF_EQUALS = {**IF_T, "condition": {**IF_T["condition"], "comparator": "equals"}}
CONSTANT = {"comparator": "eq", "left": {"literal": 1}, "right": {"literal": 1}}
LOST = {"comparator": "eq", "left": {"literal": 1}, "right": {"parameter_name": "lost"}}


def sections(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"parameter_controls": {"api_version": "2", "sections": list(parts)}}


def controls(*parts: dict[str, Any]) -> dict[str, Any]:
    return sections({"name": "One", "controls": list(parts)})


CLEAN = [
    pytest.param({}, id="fastapi-poe-defaults"),
    pytest.param({"server_bot_dependencies": {"GPT-3.5-Turbo": 100}}, id="all-calls-to-one-bot"),
    pytest.param({"introduction_message": "Hello"}, id="introduction"),
    pytest.param({"introduction_message": ""}, id="no-introduction"),
    pytest.param(
        {"introduction_message": "Yes and/or no, 1/2, !help, https://a.b/c/d, ~/x, ./y, /usr/bin"},
        id="slashes",
    ),
    pytest.param({"rate_card": "| [usd_milli_cents=10] points |", "cost_label": "9+"}, id="price"),
    pytest.param({"cost_label": "[usd_milli_cents=3]-[usd_milli_cents=40]"}, id="prices"),
    pytest.param({"enable_image_comprehension": True}, id="images"),
    pytest.param(controls(TEXT, SLIDER, CHOICE, SHAPE, {"control": "divider"}), id="controls"),
    pytest.param(controls(TEXT, IF_T), id="condition"),
    pytest.param(sections({"tabs": [{"name": "T", "controls": [TEXT]}]}), id="tabs"),
    pytest.param(controls({**SLIDER, "default_value": 10}), id="default-at-the-end"),
    pytest.param(
        controls({**SLIDER, "min_value": 0.0, "step": 0.1, "default_value": 0.3}), id="tenths"
    ),
    pytest.param(controls({**CHOICE, "default_value": "b"}), id="default-of-choice"),
    pytest.param(controls({**SHAPE, "default_value": "16:9"}), id="default-of-shape-by-size"),
    pytest.param(controls({**SHAPE, "default_value": "square"}), id="default-of-shape-by-value"),
    pytest.param(controls(TEXT, TEXT), id="shared-parameter"),
]


@pytest.mark.parametrize("answer", CLEAN)
def test_sound_settings_break_no_rule(answer: dict[str, Any]) -> None:
    """What Poe takes as it is meant is not found fault with."""
    assert lint_settings({**DEFAULTS, **answer}) == []


# (the broken part, the rule, what its detail names)
BROKEN = [
    ({"response_version": None}, "response-version-missing", "missing"),
    ({"response_version": 1}, "response-version-old", "is 1"),
    ({"response_version": 3}, "response-version-unknown", "is 3"),
    ({"response_version": -1}, "response-version-unknown", "is -1"),
    ({"response_version": "2"}, "settings-malformed", "response_version"),
    ({"allow_attachments": "yes"}, "settings-malformed", "allow_attachments"),
    ({"server_bot_dependencies": {"A": "1"}}, "settings-malformed", "server_bot_dependencies.A"),
    ({"alow_attachments": True}, "settings-unknown-key", "alow_attachments"),
    ({"context_clear_window_secs": 60}, "settings-deprecated-key", "context_clear_window_secs"),
    ({"enable_multi_bot_chat_prompting": True}, "settings-deprecated-key", "multi_bot"),
    ({"introduction_message": " \n"}, "introduction-blank", "introduction_message"),
    ({"introduction_message": "Type `/help`."}, "slash-word-in-introduction", "'/help'"),
    ({"introduction_message": "/start to begin"}, "slash-word-in-introduction", "'/start'"),
    ({"rate_card": "[usd_milli_cents=1.5]"}, "price-tag-malformed", "1.5"),
    ({"rate_card": "[usd_milli_cents: 15]"}, "price-tag-malformed", "rate_card: "),
    ({"cost_label": "[usd-milli-cents=15]"}, "price-tag-malformed", "cost_label: "),
    ({"cost_label": "[usd_milli_cents=15"}, "price-tag-malformed", "cost_label: "),
    ({"cost_label": "[usd_milli_cents=]"}, "price-tag-malformed", "cost_label: "),
    ({"cost_label": "[USD_MILLI_CENTS=1]"}, "price-tag-malformed", "cost_label: "),
    (
        {"enable_image_comprehension": True, "allow_attachments": False},
        "comprehension-without-attachments",
        "not allowed",
    ),
    ({"server_bot_dependencies": {"A": 60, "B": 41}}, "too-many-bot-calls", "101 calls"),
    ({"server_bot_dependencies": {"A": 0}}, "dependency-count", "'A': 0"),
    ({"server_bot_dependencies": {"@A": 1}}, "dependency-name", "'@A'"),
    ({"server_bot_dependencies": {"": 1}}, "dependency-name", "''"),
    ({"server_bot_dependencies": {"https://poe.com/A": 1}}, "dependency-name", "poe.com"),
    ({"response_version": 1, **controls(TEXT)}, "parameter-controls-dropped", "is 1"),
    ({"response_version": None, **controls(TEXT)}, "parameter-controls-dropped", "is missing"),
    ({"parameter_controls": []}, "controls-malformed", "parameter_controls"),
    ({"parameter_controls": {"api_version": "2"}}, "controls-malformed", "sections"),
    (controls({**TEXT, "colour": "red"}), "controls-malformed", "colour"),
    (controls({"control": "knob"}), "controls-malformed", "sections.0.controls.0"),
    ({"parameter_controls": {"sections": [{"controls": [TEXT]}]}}, "controls-api-version", "None"),
    (
        {"parameter_controls": {"api_version": "1", "sections": [{"controls": [TEXT]}]}},
        "controls-api-version",
        "'1'",
    ),
    (
        sections({"controls": [TEXT], "tabs": [{"name": "T", "controls": [SLIDER]}]}),
        "section-tabs-and-controls",
        "section 1",
    ),
    (sections(), "section-empty", "no section"),
    (sections({"name": "One"}), "section-empty", "'One'"),
    (sections({"name": "One", "controls": []}), "section-empty", "'One'"),
    (sections({"tabs": [{"name": "T", "controls": []}]}), "section-empty", "tab 'T'"),
    (sections({"tabs": [{"controls": [TEXT]}]}), "tab-without-name", "tab 1"),
    (controls(TEXT, {**IF_T, "controls": []}), "condition-empty", "'eq'"),
    (controls({**TEXT, "label": " "}), "label-empty", "'t'"),
    (controls({**TEXT, "parameter_name": "a-b"}), "parameter-name-illegal", "'a-b'"),
    (controls({**TEXT, "parameter_name": "größe"}), "parameter-name-illegal", "'größe'"),
    (controls({**TEXT, "parameter_name": ""}), "parameter-name-illegal", "''"),
    (controls({**TEXT, "parameter_name": "poe_x"}), "parameter-name-reserved", "'poe_x'"),
    (
        controls({**TEXT, "default_value": "a"}, {**TEXT, "default_value": "b"}),
        "parameter-defaults-differ",
        "'a' and 'b'",
    ),
    (
        controls(TEXT, {**TEXT, "control": "text_area"}),
        "parameter-kinds-differ",
        "text_field and text_area",
    ),
    (controls({**SLIDER, "min_value": 11}), "slider-bounds", "from 11 to 10"),
    (controls({**SLIDER, "min_value": 10}), "slider-bounds", "from 10 to 10"),
    (controls({**SLIDER, "step": 0}), "slider-step", "step 0"),
    (controls({**SLIDER, "step": -1}), "slider-step", "step -1"),
    (controls({**SLIDER, "step": 11}), "slider-step", "step 11"),
    (controls({**SLIDER, "default_value": 12}), "slider-default-out-of-range", "12"),
    (controls({**SLIDER, "default_value": -2}), "slider-default-out-of-range", "-2"),
    (controls({**SLIDER, "default_value": 3}), "slider-default-off-step", "3 with step 2"),
    (controls({**CHOICE, "options": []}), "options-empty", "'c'"),
    (controls({**SHAPE, "options": []}), "options-empty", "'r'"),
    (controls({**CHOICE, "options": CHOICE["options"] * 2}), "options-repeat", "'a'"),
    (controls({**CHOICE, "default_value": "A"}), "default-not-an-option", "'A'"),
    (controls({**SHAPE, "default_value": "1:1"}), "default-not-an-option", "'1:1'"),
    (controls({**SHAPE, "options": [{"width": 0, "height": 1}]}), "aspect-ratio-size", "0:1"),
    (controls({**SHAPE, "options": [{"width": 1, "height": -1}]}), "aspect-ratio-size", "1:-1"),
    (controls(TEXT, {**IF_T, "condition": LOST}), "condition-unknown-parameter", "'lost'"),
    (controls(IF_T), "condition-unknown-parameter", "'t'"),
    (controls(TEXT, {**IF_T, "condition": CONSTANT}), "condition-constant", "'eq'"),
    (controls(TEXT, IF_EQUALS), "comparator-equals", "sections.0.controls.1.condition"),
    (
        sections({"tabs": [{"name": "T", "controls": [TEXT, IF_EQUALS]}]}),
        "comparator-equals",
        "sections.0.tabs.0.controls.1.condition",
    ),
    (
        controls(TEXT, {**IF_T, "condition": {**IF_T["condition"], "comparator": "=="}}),
        "controls-malformed",
        "comparator",
    ),
    ({"server_bot_dependencies": {"any": 2}}, "dependency-any", "'any': 2"),
]


@pytest.mark.parametrize(
    ("answer", "rule", "named"), BROKEN, ids=[f"{n}-{row[1]}" for n, row in enumerate(BROKEN)]
)
def test_each_fault_breaks_its_rule_alone(answer: dict[str, Any], rule: str, named: str) -> None:
    """One fault breaks one rule, and the detail names the place."""
    found = lint_settings({**DEFAULTS, **answer})
    assert {violation.rule for violation in found} == {rule}
    assert named in found[0].detail


def test_every_rule_of_settings_has_a_row() -> None:
    """No rule of the linter goes untested."""
    linted = {Topic.SETTINGS, Topic.CONTROLS}
    rules = {rule.id for rule in RULES.values() if rule.topic in linted}
    assert rules <= {row[1] for row in BROKEN}


def test_a_condition_of_poes_own_example_is_read() -> None:
    """What Poe's page shows means eq, here as there."""
    answer = SettingsResponse.model_validate({**DEFAULTS, **controls(TEXT, IF_EQUALS)})
    assert '"comparator":"eq"' in answer.model_dump_json()


def test_an_empty_answer_lacks_its_version() -> None:
    """`{}` is a legal answer that says no version."""
    assert [violation.rule for violation in lint_settings({})] == ["response-version-missing"]


def test_several_faults_are_all_found() -> None:
    """A fault in the form of the settings does not hide those of the controls."""
    answer = {**DEFAULTS, "rate_card": 5, "cost_label": 6, **controls({**SLIDER, "step": 0})}
    assert [violation.rule for violation in lint_settings(answer)] == [
        "settings-malformed",
        "settings-malformed",
        "slider-step",
    ]
