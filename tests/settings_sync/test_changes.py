"""What users will see change between two settings answers."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.settings_sync.changes import Change, changes

FIELD = {"control": "text_field", "label": "Tone", "parameter_name": "tone"}
SLIDER = {
    "control": "slider",
    "label": "Heat",
    "parameter_name": "heat",
    "min_value": 0,
    "max_value": 1,
    "step": 0.1,
}


def controls(*items: dict[str, Any], **section: Any) -> dict[str, Any]:
    sections = [{"controls": list(items), **section}]
    return {"response_version": 2, "parameter_controls": {"api_version": "2", "sections": sections}}


V2 = {"response_version": 2}
CASES = [
    ("same", V2, V2, []),
    ("a-default", V2, {**V2, "allow_attachments": True}, []),
    ("a-null", V2, {**V2, "rate_card": None}, []),
    (
        "version-and-its-defaults",
        {"response_version": 0},
        V2,
        [
            "~ allow_attachments: false -> true",
            "~ enable_multi_entity_prompting: false -> true",
            "~ response_version: 0 -> 2",
        ],
    ),
    (
        "dependencies",
        {**V2, "server_bot_dependencies": {"A": 1, "B": 1}},
        {**V2, "server_bot_dependencies": {"A": 2, "C": 1}},
        [
            "~ server_bot_dependencies[A]: 1 -> 2",
            "- server_bot_dependencies[B]: 1",
            "+ server_bot_dependencies[C]: 1",
        ],
    ),
    ("long", V2, {**V2, "rate_card": "x" * 99}, [f'+ rate_card: "{"x" * 58}…']),
    (
        "a-new-parameter",
        controls(FIELD),
        controls(FIELD, SLIDER),
        ["~ layout of the parameters: ", "+ parameter heat: "],
    ),
    (
        "a-moved-parameter",
        controls(FIELD, SLIDER),
        controls(SLIDER, FIELD),
        ["~ layout of the parameters: "],
    ),
    (
        "a-changed-parameter",
        controls(FIELD),
        controls({**FIELD, "label": "Mood"}),
        ["~ parameter tone: "],
    ),
    (
        "dropped-by-an-old-version",
        controls(FIELD),
        {**controls(FIELD), "response_version": 1},
        ["- layout of the parameters: ", "- parameter tone: ", "~ response_version: 2 -> 1"],
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "lines"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_only_what_poe_acts_on_counts(
    before: dict[str, Any], after: dict[str, Any], lines: list[str]
) -> None:
    """Defaults are filled in first; parameters are told one by one."""
    told = [str(change) for change in changes(before, after)]
    assert [line[: len(start)] for line, start in zip(told, lines, strict=True)] == lines


def test_before_the_first_sync_everything_is_new() -> None:
    """Without settings from before, all that is set is a change."""
    assert Change("response_version", None, 2) in changes(None, V2)
