"""`poe turns`: what was kept, for a person, for programs, for others."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from poecli.conformance.chats.file import read_chat_file
from poecli.protocol.sse import Frame
from poecli.turns import records
from poecli.turns.kept import KeptAnswer, KeptCall, KeptCost, KeptFault, KeptPrint, RecordedEvent
from poecli.turns.reading import read_exported, read_turns
from poecli.turns.writing import TurnWriter
from tests.poe import Ran, poe

UNREADABLE = Path("/proc/self/mem")  # nobody reads its first byte, root included
KEY = "a-key-of-the-environment-0123456"
SAID = ["What is the weather?", "And tomorrow?\x1b[31m", "Thanks"]
TEXT = 'event: text\ndata: {"text": "%s"}\n\n'
DONE = "event: done\ndata: {}\n\n"
CALL_EVENTS = (
    RecordedEvent(1.0, Frame("text", '{"text": "sun"}')),
    RecordedEvent(2.0, Frame("done", "{}")),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three turns of one conversation: one with a call, a cost, a print and a fault."""
    monkeypatch.chdir(tmp_path)
    writer = TurnWriter(tmp_path / ".poe")
    for number, answer in enumerate((TEXT % "sun" + DONE, TEXT % "rain", DONE), start=1):
        query = [{"role": "user", "content": text} for text in SAID[:number]]
        request = {"query": query, "conversation_id": "c", "user_id": "u"}
        if number == 1:
            call = KeptCall("Weather", "mock", request, CALL_EVENTS, 1.0, 2.0)
            writer.call("r-1", "r-1.1", "c", call, ())
        kept = KeptAnswer(answer, total_ms=1200.0 * number, hung_up=number == 2)
        writer.turn(f"r-{number}", "Bot", "/", request, kept)
    writer.note(records.note_record("r-1", KeptCost("capture", 250, ok=True)))
    writer.note(records.note_record("r-1", KeptPrint(f"looked with {KEY}")))
    writer.note(records.note_record("r-3", KeptFault("violation", "nothing", "empty-answer")))
    return tmp_path


def run(*words: str) -> Ran:
    """`poe turns`, 80 columns wide."""
    return poe("turns", *words, env={"COLUMNS": "80", "MY_API_KEY": KEY})


def listed(*words: str) -> list[int]:
    """The numbers that --json lists."""
    return [turn["number"] for turn in json.loads(run(*words, "--json").stdout)["turns"]]


@pytest.mark.usefixtures("project")
def test_the_newest_stand_last_a_turn_a_line() -> None:
    """Number, time, bot, question, outcome, rules, time, calls and cost, in 80 columns."""
    rows = run().stdout
    first, second, third = rows.splitlines()
    assert first.startswith("   1  ")
    assert "  Bot       What is the wea" in first
    assert first.endswith("  ok · 1.2 s · 1 call · $0.00250")
    assert second.endswith("  stopped · 2.4 s")
    assert third.endswith("  ok · 1 broken rule · 3.6 s")
    assert max(map(len, (first, second, third))) <= 80
    assert "\x1b" not in rows
    assert listed("list", "-n", "2") == [2, 3]


@pytest.mark.usefixtures("project")
def test_a_list_is_json_too() -> None:
    """One object, of a version; empty where nothing is kept."""
    value = json.loads(run("--json").stdout)
    assert (value["v"], value["type"], len(value["turns"])) == (1, "turns", 3)
    assert set(value["turns"][0]) == {
        *("number", "id", "at_ms", "bot", "question", "outcome", "total_ms"),
        *("calls", "cost", "whole"),
    }


SHOWN = f"""\
query   1 message; conversation_id, user_id
  user: What is the weather?
call    Weather (mock) at 1 ms · ok · 2 events · 2 ms
  asked: What is the weather?
  text
    sun
  done {{}}
answer  ok · 2 events · 1.2 s
  text
    sun
  done {{}}
capture $0.00250 at 0 ms
stdout at 0 ms: looked with {KEY}
"""


@pytest.mark.usefixtures("project")
def test_a_turn_is_shown_whole() -> None:
    """Its request, calls and answer in the order they came, costs, prints and faults."""
    shown = run("show", "1").stdout
    head, _, rest = shown.partition("\n")
    assert (head[:8], head.endswith("r-1"), rest) == ("#1 Bot/ ", True, SHOWN)
    assert "violation: empty-answer: nothing" in run("show").stdout

    value = json.loads(run("show", "1", "--json").stdout)
    assert (value["type"], value["upstream"][0]["text"], value["answer"]["text"]) == (
        *("turn", "sun"),
        "sun",
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["WEATHER"], [1]),
        (["weather", "sun"], [1]),
        (["looked"], [1]),
        (["empty-answer"], [3]),
        (["nowhere"], []),
    ],
)
@pytest.mark.usefixtures("project")
def test_turns_are_found_by_their_words(words: list[str], found: list[int]) -> None:
    """Those of its question and answer, of its calls, of what was printed and what broke."""
    assert listed("search", *words) == found


def test_a_turn_is_exported_as_a_test_of_its_conversation(project: Path) -> None:
    """Its earlier questions too; what stands there already is not overwritten."""
    said = run("export", "3", "-o", "tests/talk.chat.toml").stderr
    chat = read_chat_file(project / "tests" / "talk.chat.toml")
    assert [turn.user for turn in chat.turns] == [SAID[0], SAID[1], SAID[2]]
    assert "Next: poe check" in said
    assert "already exists" in run("export", "3", "-o", "tests/talk.chat.toml").stderr


def test_a_test_where_none_is_looked_for_is_told(project: Path) -> None:
    """`poe check` and pytest hold what is below tests/: elsewhere it would never fail."""
    said = run("export", "3", "-o", "talk.chat.toml").stderr
    assert (project / "talk.chat.toml").is_file()
    assert "Next: move it below tests/, where poe check and pytest look for it" in said
    inside = run("export", "3", "-o", str(project / "tests" / "deep" / "a.chat.toml")).stderr
    assert "Next: poe check" in inside


def test_what_is_exported_can_be_read_anywhere(project: Path) -> None:
    """Turns as they were, with their numbers, but for keys of the environment."""
    said = run("export", "1", "3", "-o", "two.turns").stderr
    exported = read_exported(project / "two.turns")
    first, _, third = read_turns(project)
    assert exported[1] == third
    assert (exported[0].calls, exported[0].request) == (first.calls, first.request)
    assert exported[0].prints[0].text == "looked with " + "*" * len(KEY)
    assert "poe replay two.turns" in said


@pytest.mark.parametrize(
    ("flags", "left"),
    [
        (["2"], [1, 3]),
        (["--older-than", "7d"], [2, 3]),
        (["--older-than", "9w"], [1, 2, 3]),
        (["--all"], []),
    ],
)
def test_turns_are_removed(flags: list[str], left: list[int], project: Path) -> None:
    """Those that are named, old ones, or all."""
    journal = project / ".poe" / "turns.jsonl"
    old = round((time.time() - 8 * 86_400) * 1000)
    lines = journal.read_text().splitlines(keepends=True)
    at_ms = next(turn.at_ms for turn in read_turns(project))
    journal.write_text("".join(lines).replace(f'"at_ms":{at_ms},"bot"', f'"at_ms":{old},"bot"', 1))
    said = run("rm", *flags).stderr

    assert [turn.number for turn in read_turns(project)] == left
    assert said.startswith(f"Removed {3 - len(left)} turn")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "3"], "list takes no '3'"),
        (["show", "9"], "No turn is kept as 9"),
        (["search"], "What is to be found"),
        (["export"], "Which turns"),
        (["export", "1"], "Where to"),
        (["export", "1", "-o", ".poe"], "can't be written"),
        (["export", "1", "2", "-o", "a.chat.toml"], "made of one turn"),
        (["export", "1", "-o", "/proc/a.chat.toml"], "can't be written"),
        (["rm"], "Which turns"),
        (["rm", "--older-than", "soon"], "'soon' is not an age"),
        (["7"], "'7' is not one of"),
        (["--older-than", "7d"], "--older-than goes with rm, not with list."),
        (["show", "1", "--all"], "--all goes with list, search, export, rm, not with show."),
        (["rm", "1", "-o", "f"], "--output goes with export, not with rm."),
        (["show", "1", "-n", "2"], "--limit goes with list, search, not with show."),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_is_wrong_is_named(words: list[str], message: str) -> None:
    """With what to type, and the code of wrong usage."""
    ran = run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    assert message in ran.stderr


@pytest.mark.parametrize("words", [[], ["show"], ["search", "x"], ["export", "last", "-o", "f"]])
def test_where_nothing_was_asked_the_way_is_said(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not an empty list; for programs it is one."""
    monkeypatch.chdir(tmp_path)
    ran = run(*words)
    assert (ran.code, "No turn yet" in ran.stderr, "poe dev" in ran.stderr) == (2, True, True)
    assert listed() == []


@pytest.mark.skipif(not UNREADABLE.exists(), reason="/proc is not there")
def test_a_journal_that_cannot_be_read_is_no_crash(project: Path) -> None:
    """Its file is named."""
    journal = project / ".poe" / "turns.jsonl"
    journal.unlink()
    journal.symlink_to(UNREADABLE)
    assert "can't be read" in run().stderr
