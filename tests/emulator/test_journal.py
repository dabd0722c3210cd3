"""What is kept of turns and calls, and what happens when it can't be."""

from __future__ import annotations

import subprocess
from pathlib import Path

from poecli.dev_events import DevEvent, SettingsStored, UpstreamEnded
from poecli.emulator.state import journal
from poecli.emulator.state.journal import PLATFORM_FILE, TURNS_FILE, Journal
from poecli.safe_files import JsonLines

REQUEST = {
    "message_id": "m-1",
    "access_key": "k" * 32,
    "query": [{"role": "user", "content": "old"}, {"role": "user", "content": "new"}],
}

PUSHED = SettingsStored("stored", bot="A", source="update_settings")


def test_a_turn_is_kept_with_its_question_and_its_bytes(tmp_path: Path) -> None:
    """The last message alone, no key, and the answer as it was sent."""
    reports: list[DevEvent] = []
    Journal(tmp_path, reports.append).keep_turn("Bot", REQUEST, b"event: done\ndata: {}\n\n")

    (line,) = JsonLines(tmp_path / TURNS_FILE).read()
    assert (line["bot"], line["message_id"], line["message"]) == ("Bot", "m-1", "new")
    assert (line["answer"], line["whole"]) == ("event: done\ndata: {}\n\n", True)
    assert "k" * 32 not in str(line)


def test_what_is_kept_stays_out_of_git(tmp_path: Path) -> None:
    """The folder ignores all that is in it, in a project without a .gitignore too."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    Journal(tmp_path / ".poe", print).keep_turn("Bot", REQUEST, b"")

    seen = subprocess.check_output(["git", "status", "--porcelain"], cwd=tmp_path)
    assert ((tmp_path / ".poe" / TURNS_FILE).exists(), seen) == (True, b"")


def test_an_endless_answer_is_kept_in_part(tmp_path: Path) -> None:
    """A line says so."""
    Journal(tmp_path, print).keep_turn("Bot", {"query": "odd"}, b"x" * (2**20 + 1))

    (line,) = JsonLines(tmp_path / TURNS_FILE).read()
    assert (len(line["answer"]), line["whole"], line["message"]) == (2**20, False, "")


def test_a_large_file_is_put_aside(tmp_path: Path) -> None:
    """A folder that is never cleaned holds two files of each kind at most."""
    for _ in range(2):
        with (tmp_path / PLATFORM_FILE).open("wb") as file:
            file.truncate(journal._LARGEST_FILE + 1)
        Journal(tmp_path, print).hear(PUSHED)

        assert [line["bot"] for line in JsonLines(tmp_path / PLATFORM_FILE).read()] == ["A"]

    assert sorted(file.name for file in tmp_path.glob("*.jsonl")) == [
        "platform.1.jsonl",
        PLATFORM_FILE,
    ]


def test_a_full_disk_is_told_once(tmp_path: Path) -> None:
    """Both files, many records, one complaint."""
    (tmp_path / "taken").write_text("a file where the folder should be")
    reports: list[DevEvent] = []
    kept = Journal(tmp_path / "taken", reports.append)
    for _ in range(3):
        kept.hear(PUSHED)
        kept.keep_turn("Bot", REQUEST, b"")

    assert len(reports) == 1


def test_a_key_that_an_upstream_bot_says_is_not_written(tmp_path: Path) -> None:
    """Neither in a turn's answer nor in an error of a call."""
    key = "made-up-key-of-a-user-for-the-test"
    kept = Journal(tmp_path, lambda _report: None, [key])
    kept.keep_turn("Bot", {**REQUEST, "query": [{"content": f"my {key}"}]}, f"it is {key}".encode())
    kept.hear(UpstreamEnded(1, "", "A", "live", 1, 0, 1.0, f"no funds for {key}"))
    written = (tmp_path / TURNS_FILE).read_text() + (tmp_path / PLATFORM_FILE).read_text()
    assert key not in written
    assert written.count("*" * len(key)) == 3
