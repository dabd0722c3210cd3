"""poe.lock.json: what was last synced, for git."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.errors import ProjectFileError, UsageError
from poecli.settings_sync.lock import FILE_NAME, Lock, read_lock

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
