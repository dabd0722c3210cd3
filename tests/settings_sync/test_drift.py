"""What was synced last, kept in poe.lock.json for git, and what users will see change since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from poecli.errors import ProjectFileError, UsageError
from poecli.settings_sync.drift import FILE_NAME, Change, Lock, changes, read_lock

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


POE, OTHER = "https://api.poe.com", "http://127.0.0.1:1"


def test_no_file_is_an_empty_lock(tmp_path: Path) -> None:
    """Before the first sync nothing is known."""
    assert read_lock(tmp_path).settings_of(POE, "b") is None


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Each Poe and each bot has its own entry; others stay as they were."""
    lock = (
        read_lock(tmp_path)
        .recording(POE, "b", {"x": "é", "y": None})
        .recording(OTHER, "b", {"x": 2})
    )
    lock.recording(POE, "c", {}).write()
    again = read_lock(tmp_path)
    assert again.settings_of(POE, "b") == {"x": "é"}
    assert again.settings_of(OTHER, "b") == {"x": 2}
    assert again.settings_of(POE, "c") == {}
    assert list(tmp_path.iterdir()) == [tmp_path / FILE_NAME]


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    """Keys are sorted and no time is in it, so that git shows real changes only."""
    Lock(tmp_path / "a", {POE: {"b": {"y": 1, "x": 2}}}).write()
    Lock(tmp_path / "b", {POE: {"b": {"x": 2, "y": 1}}}).write()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


BROKEN = [
    "",
    "[]",
    "{}",
    '{"v": 2}',
    '{"v": 1, "synced": []}',
    '{"v": 1, "synced": {"p": {"b": 1}}}',
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_lock_is_named(tmp_path: Path, text: str) -> None:
    """A damaged or newer file is an error, never an empty lock."""
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ProjectFileError, match=FILE_NAME):
        read_lock(tmp_path)


def test_a_lock_that_cant_be_written_is_said(tmp_path: Path) -> None:
    """The sync itself is done by then, and the error says so."""
    (tmp_path / "taken").touch()
    with pytest.raises(UsageError, match="were synced, but"):
        Lock(tmp_path / "taken" / FILE_NAME, {}).write()
