"""Turns taken out of the journal, while what stands on them stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from poecli.protocol.sse import Frame
from poecli.turns import records
from poecli.turns.journal import accepted_file, journal_files
from poecli.turns.kept import KeptAnswer, KeptCall, KeptPrint, KeptTurn, RecordedEvent
from poecli.turns.reading import read_turns
from poecli.turns.removal import remove_turns
from poecli.turns.writing import LOOK_SECONDS, TurnWriter

DONE = (RecordedEvent(1.0, Frame("done", "{}")),)


def numbers(root: Path) -> list[int]:
    return [turn.number for turn in read_turns(root)]


def ask(writer: TurnWriter, number: int, **fields: Any) -> None:
    """Turn ``number`` of one conversation, with a call and a print."""
    query = [{"role": "user", "content": f"word{n}"} for n in range(1, number + 1)]
    request = {"query": query, "conversation_id": "c", **fields}
    call = KeptCall("Up", "mock", request, DONE)
    writer.call(f"r-{number}", f"r-{number}.1", "c", call, ())
    writer.turn(f"r-{number}", "Bot", "/", request, KeptAnswer(f"answer{number}"))
    writer.note(records.note_record(f"r-{number}", KeptPrint(f"print{number}")))


def written(root: Path) -> str:
    return "".join(file.read_text() for file in journal_files(root / ".poe"))


@pytest.mark.parametrize("gone", [{1}, {2}, {4}, {1, 2, 3}, {2, 4}, {3, 4}])
def test_what_stays_is_as_it_was(gone: set[int], tmp_path: Path) -> None:
    """Numbers, conversations and calls; and nothing is left of the answers that go."""
    writer = TurnWriter(tmp_path / ".poe")
    for number in range(1, 5):
        ask(writer, number)
    before = {turn.number: turn for turn in read_turns(tmp_path)}

    assert remove_turns(tmp_path, lambda turn: turn.number in gone) == sorted(gone)

    after = {turn.number: turn for turn in read_turns(tmp_path)}
    assert after == {number: turn for number, turn in before.items() if number not in gone}
    text = written(tmp_path)
    assert not any(f"answer{number}" in text or f"print{number}" in text for number in gone)


def test_the_words_of_the_last_turn_go_with_it(tmp_path: Path) -> None:
    """No later query carries them; those of one before are in it."""
    writer = TurnWriter(tmp_path / ".poe")
    for number in range(1, 4):
        ask(writer, number)
    remove_turns(tmp_path, lambda turn: turn.number in (1, 3))
    assert ("word1" in written(tmp_path), "word3" in written(tmp_path)) == (True, False)

    remove_turns(tmp_path, lambda turn: turn.number == 2)
    assert (written(tmp_path), numbers(tmp_path)) == ("", [])


def test_a_server_that_runs_goes_on(tmp_path: Path) -> None:
    """It stands on nothing that went; numbers go on."""
    writer = TurnWriter(tmp_path / ".poe", look_seconds=LOOK_SECONDS)
    for number in range(1, 4):
        ask(writer, number)
    remove_turns(tmp_path, lambda turn: turn.number == 3)
    ask(writer, 4)

    assert [(turn.number, len(turn.request["query"])) for turn in read_turns(tmp_path)] == [
        (1, 1),
        (2, 2),
        (4, 4),
    ]


def test_files_that_no_other_turn_names_go(tmp_path: Path) -> None:
    """So do answers that were accepted."""
    folder = tmp_path / ".poe"
    attached = []
    for name in ("a" * 32, "b" * 32):
        (folder / "files" / name).mkdir(parents=True)
        (folder / "files" / name / "n.txt").write_text("text")
        url = f"http://127.0.0.1:1/_poe/files/{name}/n.txt"
        attached.append({"url": url, "name": "n.txt", "content_type": "text/plain"})
    writer = TurnWriter(folder)
    both = [{"content": "x", "attachments": attached}]
    writer.turn("r-1", "Bot", "/", {"query": both}, KeptAnswer())
    one = [{"content": "x", "attachments": attached[:1]}]
    writer.turn("r-2", "Bot", "/", {"query": one}, KeptAnswer())
    accepted_file(folder, "r-1").parent.mkdir()
    accepted_file(folder, "r-1").write_text("accepted")

    remove_turns(tmp_path, is_first)

    assert [file.name[0] for file in (folder / "files").iterdir()] == ["a"]
    assert not accepted_file(folder, "r-1").exists()


def is_first(turn: KeptTurn) -> bool:
    return turn.number == 1
