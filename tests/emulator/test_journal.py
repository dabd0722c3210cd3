"""What is kept of turns and calls, and what happens when it can't be."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from poecli.dev_events import (
    Advice,
    BotRaised,
    CostRequested,
    DependencyRefused,
    DevEvent,
    Listener,
    LogLine,
    SettingsStored,
    TurnStarted,
    UpstreamEnded,
    ViolationSeen,
)
from poecli.emulator.state import journal
from poecli.emulator.state.journal import PLATFORM_FILE, Journal
from poecli.emulator.state.turns import Turns, UserTurn
from poecli.safe_files import JsonLines
from poecli.turns.kept import KeptAnswer, KeptFault
from poecli.turns.reading import read_turns

REQUEST = {
    "message_id": "m-1",
    "access_key": "k" * 32,
    "query": [{"role": "user", "content": "old"}, {"role": "user", "content": "new"}],
}
STARTED = TurnStarted(1, "query", "/", 1, bot="Bot", request=REQUEST, id="r-1")
ANSWER = KeptAnswer("event: done\ndata: {}\n\n")
PUSHED = SettingsStored("stored", bot="A", source="update_settings")


def journal_in(folder: Path, report: Listener = print, keys: Sequence[str] = ()) -> Journal:
    """A journal that knows of one running turn."""
    turns, turn = Turns(), UserTurn("Bot", "m-1", "q-1", id="r-1")
    turns.begin(turn)
    kept = Journal(folder / ".poe", report, keys, turns)
    kept.begin_turn(turn)
    return kept


def test_a_turn_is_kept_with_its_whole_query(tmp_path: Path) -> None:
    """But for the keys; and with its answer as it was sent."""
    journal_in(tmp_path).keep_turn(STARTED, ANSWER)

    (turn,) = read_turns(tmp_path)
    assert (turn.bot, turn.id, turn.question, turn.answer) == ("Bot", "r-1", "new", ANSWER)
    assert turn.request == {name: REQUEST[name] for name in ("message_id", "query")}


def test_what_is_heard_of_a_turn_is_kept_with_it(tmp_path: Path) -> None:
    """Costs, prints, and what went wrong; of other turns and of no turn nothing."""
    kept = journal_in(tmp_path)
    kept.keep_turn(STARTED, ANSWER)
    kept.hear(CostRequested("m-1", "capture", 5, 95, ok=True, bot="Bot"))
    kept.hear(CostRequested("m-2", "capture", 7, 88, ok=True, bot="Bot"))
    kept.hear(Advice("odd", hint="do", message_id="m-1"))
    kept.hear(
        DependencyRefused("no", message_id="m-1", bot="Bot", upstream="U", declared=0, hint="h")
    )
    kept.keep_note("r-1", LogLine("printed", "stderr", 1))
    kept.keep_note("r-7", LogLine("of another", "stdout", 7))
    kept.keep_note("r-1", BotRaised(1, "KeyError: 'a'", "main.py:3", None))
    kept.keep_note("r-1", ViolationSeen(1, "no-done", "error", "nothing", "yield more"))

    (turn,) = read_turns(tmp_path)
    assert [(cost.kind, cost.amount, cost.ok) for cost in turn.costs] == [("capture", 5, True)]
    assert [(line.text, line.stream) for line in turn.prints] == [("printed", "stderr")]
    assert turn.faults == (
        KeptFault("advice", "odd", detail="do"),
        KeptFault("refused", "no", detail="h"),
        KeptFault("raised", "KeyError: 'a'", detail="main.py:3"),
        KeptFault("violation", "nothing", "no-done", "yield more"),
    )


def test_a_bot_that_prints_without_end_fills_no_disk(tmp_path: Path) -> None:
    """64 thousand characters of a turn are kept."""
    kept = journal_in(tmp_path)
    kept.keep_turn(STARTED, ANSWER)
    for _ in range(5):
        kept.keep_note("r-1", LogLine("x" * 20_000, "stdout", 1))

    (turn,) = read_turns(tmp_path)
    assert [len(line.text) for line in turn.prints] == [20_000, 20_000, 20_000, 65_536 - 60_003]


def test_what_is_kept_stays_out_of_git(tmp_path: Path) -> None:
    """The folder ignores all that is in it, in a project without a .gitignore too."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    journal_in(tmp_path).keep_turn(STARTED, ANSWER)

    seen = subprocess.check_output(["git", "status", "--porcelain"], cwd=tmp_path)
    assert (len(list(read_turns(tmp_path))), seen) == (1, b"")


def test_a_large_file_is_put_aside(tmp_path: Path) -> None:
    """A folder that is never cleaned holds two files of each kind at most."""
    folder = tmp_path / ".poe"
    for _ in range(2):
        folder.mkdir(exist_ok=True)
        with (folder / PLATFORM_FILE).open("wb") as file:
            file.truncate(journal._LARGEST_FILE + 1)
        journal_in(tmp_path).hear(PUSHED)

        assert [line["bot"] for line in JsonLines(folder / PLATFORM_FILE).read()] == ["A"]

    assert sorted(file.name for file in folder.glob("*.jsonl")) == [
        "platform.1.jsonl",
        PLATFORM_FILE,
    ]


def test_a_full_disk_is_told_once(tmp_path: Path) -> None:
    """Both files, many records, one complaint."""
    (tmp_path / ".poe").write_text("a file where the folder should be")
    reports: list[DevEvent] = []
    kept = journal_in(tmp_path, reports.append)
    for _ in range(3):
        kept.hear(PUSHED)
        kept.keep_turn(STARTED, ANSWER)

    assert len(reports) == 1


def test_a_key_that_an_upstream_bot_says_is_not_written(tmp_path: Path) -> None:
    """Neither in a turn's answer nor in an error of a call."""
    key = "made-up-key-of-a-user-for-the-test"
    kept = journal_in(tmp_path, keys=[key])
    kept.keep_turn(STARTED, KeptAnswer(f"it is {key}"))
    kept.keep_note("r-1", LogLine(f"my {key}", "stdout", 1))
    kept.hear(UpstreamEnded(1, "", "A", "live", 1, 0, 1.0, f"no funds for {key}"))
    written = "".join(file.read_text() for file in (tmp_path / ".poe").glob("*.jsonl"))
    assert key not in written
    assert written.count("*" * len(key)) == 3
