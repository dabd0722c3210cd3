"""Files of `.poe/` survive any kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.emulator.storage import JsonLines, write_whole

LINES = b'{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize("length", range(len(LINES) + 1))
def test_a_file_torn_anywhere_is_read_up_to_there_and_goes_on(length: int, tmp_path: Path) -> None:
    """Whatever a kill leaves of the last line, whole records stay and new ones follow."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(LINES[:length])
    whole = LINES[:length].count(b"}")

    JsonLines(file).append({"n": 3})

    assert [r["n"] for r in JsonLines(file).read()] == [*range(1, whole + 1), 3]


def test_lines_that_are_no_records_are_passed_over(tmp_path: Path) -> None:
    """Damage in the middle costs that line only."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"n":1}\n\xff\xfe\n[1]\n\n{"n":2}\n')

    assert [r["n"] for r in JsonLines(file).read()] == [1, 2]


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """Reading before the first write is no error."""
    assert list(JsonLines(tmp_path / "none").read()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A file is replaced whole or not at all, and no partial file stays."""
    folder = tmp_path / "taken"
    folder.mkdir()

    with pytest.raises(OSError, match="taken"):
        write_whole(folder, b"new")
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "taken"]
