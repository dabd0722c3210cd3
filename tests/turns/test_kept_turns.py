"""Turns written to the journal of a project, and read from it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from poecli.errors import UsageError
from poecli.protocol.sse import Frame
from poecli.turns import records
from poecli.turns.files import local_path
from poecli.turns.journal import Retention, journal_files
from poecli.turns.kept import (
    KeptAnswer,
    KeptCall,
    KeptCost,
    KeptFault,
    KeptFile,
    KeptPrint,
    KeptTurn,
    RecordedEvent,
)
from poecli.turns.reading import find_turns, last_turns, read_turns, turn_of_answer
from poecli.turns.writing import TurnWriter

KEY = "made-up-key-of-a-user-for-the-test"
ANSWER = KeptAnswer('event: text\ndata: {"text": "hi"}\n\nevent: done\ndata: {}\n\n', total_ms=5.0)
LONG = KeptAnswer("x" * 1000)
DONE = RecordedEvent(1.0, Frame("done", "{}"))


def said(*texts: str, **fields: Any) -> dict[str, Any]:
    query = [{"role": "user", "content": text} for text in texts]
    return {"type": "query", "query": query, "conversation_id": "c", **fields}


def conversation(writer: TurnWriter, begin: int, end: int, run: str = "run") -> None:
    """Turns of one conversation, each with a message more."""
    for number in range(begin, end):
        texts = [f"message {n}" for n in range(number)]
        writer.turn(f"{run}-{number}", "Bot", "/", said(*texts), LONG)


def questions(root: Path) -> list[tuple[int, str]]:
    return [(turn.number, turn.question) for turn in read_turns(root)]


def test_a_turn_is_found_by_its_answer_as_it_is_among_all(tmp_path: Path) -> None:
    """Also one that stands on others, and whose answer later ones name in their history."""
    writer = TurnWriter(tmp_path / ".poe")
    history: list[dict[str, str]] = []
    for number in range(1, 9):
        history += [{"role": "user", "content": f"message {number}", "message_id": f"u-{number}"}]
        request = said(message_id=f"m-{number}") | {"query": list(history)}
        writer.call(f"r-{number}", f"r-{number}.1", "c", KeptCall("Up", "mock", request), ())
        writer.turn(f"r-{number}", "Bot", "/", request, ANSWER)
        writer.note(records.note_record(f"r-{number}", KeptFault("advice", "late")))
        history += [{"role": "bot", "content": "hi", "message_id": f"m-{number}"}]
    kept = list(read_turns(tmp_path))
    assert [turn_of_answer(tmp_path, f"m-{turn.number}") for turn in kept] == kept
    assert turn_of_answer(tmp_path, "u-1") is None


def test_a_turn_comes_back_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    """What comes late too; what nobody answered is no turn."""
    call = KeptCall("Up", "mock", said("hi"), (DONE,), 2.0, 3.0, "no", cut=True)
    cost, printed = KeptCost("capture", 7, ok=True, at_ms=1.5), KeptPrint("out", "stderr", 2.0)
    fault = KeptFault("raised", "KeyError: 'a'", detail="main.py:3")
    file = KeptFile("http://h/a.txt", "a.txt", "text/plain", tmp_path / ".poe/files/x/a.txt")
    writer = TurnWriter(tmp_path / ".poe")
    writer.call("r-1", "r-1.1", "c", call, ())
    writer.call("r-9", "r-9.1", "c", call, ())
    writer.turn("r-1", "Bot", "/bot", said("hi", language_code="en"), ANSWER)
    writer.turn("r-2", "Bot", "/bot", said("hi", "there"), ANSWER)
    writer.note(records.note_record("r-1", cost))
    writer.note(records.note_record("r-1", printed))
    writer.note(records.note_record("r-1", fault))
    writer.note(records.file_record("r-1", file, tmp_path / ".poe"))

    turn, other = read_turns(tmp_path)
    assert (turn.number, turn.id, turn.bot, turn.path) == (1, "r-1", "Bot", "/bot")
    assert turn.request == said("hi", language_code="en")
    assert turn.answer == ANSWER
    assert (turn.calls, turn.costs, turn.prints, turn.faults) == (
        (call,),
        (cost,),
        (printed,),
        (fault,),
    )
    assert turn.files == (file,)
    assert (turn.text, turn.outcome, turn.cost, turn.question) == ("hi", "ok", 7, "hi")
    assert (other.number, other.calls, other.request) == (2, (), said("hi", "there"))


def test_a_conversation_grows_linearly(tmp_path: Path) -> None:
    """Twice the turns take twice the bytes, though each query carries all before it."""
    sizes = []
    for turns in (200, 400):
        folder = tmp_path / str(turns)
        conversation(TurnWriter(folder / ".poe"), 1, turns + 1)
        sizes.append((folder / ".poe" / "turns.jsonl").stat().st_size)
        assert [turn.number for turn in read_turns(folder)] == list(range(1, turns + 1))

    assert 1.9 < sizes[1] / sizes[0] < 2.1


def test_a_full_file_is_put_aside_with_its_bases(tmp_path: Path) -> None:
    """Numbers go on, every kept turn can be put together, and the oldest files go."""
    writer = TurnWriter(
        tmp_path / ".poe", retention=Retention(total_bytes=60_000, file_bytes=20_000)
    )
    conversation(writer, 1, 60)

    numbers = [turn.number for turn in read_turns(tmp_path)]
    assert numbers == list(range(numbers[0], 60))
    assert 1 < numbers[0] < 50
    assert [len(turn.request["query"]) for turn in read_turns(tmp_path)] == numbers
    assert [turn.number for turn in last_turns(tmp_path, 3)] == [57, 58, 59]
    assert [turn.number for turn in last_turns(tmp_path, 99)] == numbers


def test_old_files_go(tmp_path: Path) -> None:
    """One that nothing was written to for a month, at the next start."""
    tight = Retention(file_bytes=8000)
    conversation(TurnWriter(tmp_path / ".poe", retention=tight), 1, 20)
    old = time.time() - 31 * 24 * 3600
    aside = journal_files(tmp_path / ".poe")[:-1]
    for file in aside:
        os.utime(file, (old, old))
    conversation(TurnWriter(tmp_path / ".poe", retention=tight), 20, 21)

    assert len(aside) > 1
    assert not any(file.exists() for file in aside)
    assert questions(tmp_path)[-1] == (20, "message 19")


@pytest.mark.parametrize(
    ("days", "megabytes", "kept"),
    [
        (None, None, Retention()),
        (90, 1024, Retention(90, 2**30, 16 * 2**20, 7)),
        (2, 4, Retention(2, 2**22, 2**20, 2)),
    ],
)
def test_a_project_says_how_much_is_kept(
    days: int | None, megabytes: int | None, kept: Retention
) -> None:
    """A file stays a part of it, so that less goes at once."""
    assert Retention.of(days, megabytes) == kept


def test_two_servers_keep_to_their_own_bases(tmp_path: Path) -> None:
    """In one file, and while it is put aside under either of them."""
    tight = Retention(file_bytes=16_000)
    one, two = (TurnWriter(tmp_path / ".poe", (), tight, 0.0) for _ in range(2))
    for number in range(1, 30):
        conversation(one, number, number + 1, "one")
        conversation(two, number, number + 1, "two")

    assert [number for number, _ in questions(tmp_path)] == list(range(1, 59))
    assert [len(turn.request["query"]) for turn in read_turns(tmp_path)] == [
        number for number in range(1, 30) for _ in range(2)
    ]


@pytest.mark.parametrize("how", ["emptied", "removed"])
def test_a_journal_that_goes_away_begins_anew(how: str, tmp_path: Path) -> None:
    """What is written after that stands on nothing that is gone."""
    writer = TurnWriter(tmp_path / ".poe", look_seconds=0.0)
    conversation(writer, 1, 5)
    file = tmp_path / ".poe" / "turns.jsonl"
    if how == "emptied":
        file.write_bytes(b"")
    else:
        file.unlink()
    conversation(writer, 5, 7)

    assert questions(tmp_path) == [(1, "message 4"), (2, "message 5")]


def test_a_journal_that_its_writer_empties_begins_anew_at_once(tmp_path: Path) -> None:
    """However seldom it looks at its file: a replay reads turn by turn."""
    writer = TurnWriter(tmp_path / ".poe", look_seconds=1000.0)
    conversation(writer, 1, 5)
    writer.empty()
    assert questions(tmp_path) == []
    conversation(writer, 5, 7)

    assert questions(tmp_path) == [(1, "message 4"), (2, "message 5")]


OLD = (
    '{"v":1,"type":"turn","at_ms":1700000000000,"bot":"Bot","message_id":"m-1",'
    '"conversation_id":"c","user_id":"u","bot_query_id":"q","message":"hi",'
    '"answer":"event: done\\ndata: {}\\n\\n","whole":true}\n'
)


def test_turns_of_an_older_version_are_read(tmp_path: Path) -> None:
    """They say of themselves that of the query the last message alone is known."""
    folder = tmp_path / ".poe"
    folder.mkdir()
    (folder / "turns.1.jsonl").write_text(OLD * 2)
    (folder / "turns.jsonl").write_text(OLD)
    conversation(TurnWriter(folder), 1, 2)

    turns = list(read_turns(tmp_path))
    assert [(turn.number, turn.whole) for turn in turns] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]
    assert (turns[0].question, turns[0].request["message_id"], turns[0].answer.body) == (
        "hi",
        "m-1",
        "event: done\ndata: {}\n\n",
    )


ODD = [
    pytest.param(b"", id="nothing"),
    pytest.param(b'{"v":2,"type":"turn","turn":"a","at_', id="cut"),
    pytest.param(b'not JSON\n[]\n7\n{"v":3}\n{"v":2,"type":"turn"}\n\n', id="of others"),
    pytest.param(b'{"v":2,"type":"turn","turn":"a","on":"b","runs":[[0,1]]}\n', id="no base"),
    pytest.param(b'{"v":2,"type":"turn","turn":"a","at_ms":"x"}\n', id="of another form"),
    pytest.param(b'{"v":2,"type":"cost","turn":"run-1","kind":3}\n', id="no cost"),
    pytest.param(b'{"v":2,"type":"turn","turn":"a"' + b"[" * 9999 + b"\n", id="too deep"),
    pytest.param(b"\xff\xfe\0\n" * 3, id="bytes"),
]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_passed_over(odd: bytes, tmp_path: Path) -> None:
    """Behind it, and before it."""
    folder = tmp_path / ".poe"
    folder.mkdir()
    (folder / "turns.jsonl").write_bytes(odd)
    conversation(TurnWriter(folder), 1, 3)
    with (folder / "turns.jsonl").open("ab") as file:
        file.write(odd)

    assert [question for _, question in questions(tmp_path)] == ["message 0", "message 1"]


def test_keys_are_not_written(tmp_path: Path) -> None:
    """Those that are known, those that a request brings, and one cut over an answer's events."""
    own = "own-key-of-a-request-0123456789ab"
    cut = "".join(f'event: text\ndata: {{"text": "{part}"}}\n\n' for part in (KEY[:9], KEY[9:]))
    frames = tuple(RecordedEvent(1.0, Frame("text", f'{{"text": "{own}"}}')) for _ in range(2))
    writer = TurnWriter(tmp_path / ".poe", [KEY])
    writer.call("r-1", "r-1.1", "c", KeptCall("Up", "live", said(own, KEY), frames), [own])
    writer.turn("r-1", "Bot", "/", said(own, access_key=own, api_key=KEY), KeptAnswer(cut))

    written = (tmp_path / ".poe" / "turns.jsonl").read_text()
    (turn,) = read_turns(tmp_path)
    assert (own in written, KEY in written, KEY[:9] in written) == (False, False, False)
    assert (turn.text, turn.question) == ("*" * len(KEY), "*" * len(own))
    assert "access_key" not in turn.request


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["2"], [2]),
        (["1-2", "2"], [1, 2]),
        (["last"], [4]),
        (["run-3", "1"], [1, 3]),
        (["run-"], [1, 2, 3, 4]),
    ],
)
def test_turns_are_found_by_number_and_id(
    names: list[str], found: list[int], tmp_path: Path
) -> None:
    """Each once, in their order."""
    conversation(TurnWriter(tmp_path / ".poe"), 1, 5)

    assert [turn.number for turn in find_turns(tmp_path, names)] == found


def test_a_turn_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the newest that is; and in a project where nothing was asked, with what to do."""
    with pytest.raises(UsageError, match="No turn yet"):
        find_turns(tmp_path, ["last"])

    conversation(TurnWriter(tmp_path / ".poe"), 1, 3)
    with pytest.raises(UsageError, match=r"No turn is kept as 7, x-1\."):
        find_turns(tmp_path, ["1", "x-1", "7"])
    with pytest.raises(UsageError) as told:
        find_turns(tmp_path, ["bug.turns"])
    assert told.value.why.startswith("There is no file of that name either.")


def test_files_are_found_by_their_urls(tmp_path: Path) -> None:
    """Those of messages and answers, on whatever port and by a tunnel's host; no others."""
    ids = ["a" * 32, "b" * 32]
    for name in ids:
        (tmp_path / ".poe" / "files" / name).mkdir(parents=True)
        (tmp_path / ".poe" / "files" / name / "n.txt").write_text(name)
    urls = [f"http://127.0.0.1:{port}/_poe/files/{name}/n.txt" for port, name in enumerate(ids, 1)]
    public = f"https://tunnel.example/_poe/files/{ids[0]}/n.txt"
    attached = [
        {"url": url, "name": "n.txt", "content_type": "text/plain"}
        for url in (urls[0], "https://h/n.txt", f"https://h/_poe/files/{'c' * 32}/n.txt", public)
    ]
    request = {"query": [{"content": "", "attachments": [*attached, "odd", {"url": 3}]}]}
    data = f'{{"url": "{urls[1]}", "name": "out", "content_type": "text/plain"}}'
    answer = KeptAnswer(f"event: file\ndata: {data}\n\n")
    turn = KeptTurn(1, "r-1", 0, "Bot", request, answer, folder=tmp_path / ".poe")

    assert [(file.url, file.name, file.read()) for file in turn.files] == [
        (urls[0], "n.txt", ids[0].encode()),
        (public, "n.txt", ids[0].encode()),
        (urls[1], "out", ids[1].encode()),
    ]


def test_what_opens_a_file_elsewhere_is_not_written(tmp_path: Path) -> None:
    """Poe signs the URLs of attachments; those of this machine stay as they are."""
    urls = ["https://u:p@cdn.example/a.png?sig=abc&w=1", "http://127.0.0.1:1/x/a.txt?t=1"]
    attached = [{"url": url, "name": "a", "content_type": "image/png"} for url in urls]
    messages = [{"content": "look", "attachments": attached}, {"content": "more"}]
    writer = TurnWriter(tmp_path / ".poe")
    for count in (1, 2):
        writer.turn(f"r-{count}", "Bot", "/", {"query": messages[:count]}, ANSWER)

    first, second = read_turns(tmp_path)
    kept = [item["url"] for item in second.request["query"][0]["attachments"]]
    assert kept == ["https://cdn.example/a.png?sig=****&w=****", urls[1]]
    assert first.request["query"] == second.request["query"][:1]
    assert "abc" not in (tmp_path / ".poe" / "turns.jsonl").read_text()


HERE = "http://127.0.0.1:8080/_poe/files/" + "a" * 32
PATHS = [
    (f"{HERE}/a.png", "/_poe/files/" + "a" * 32 + "/a.png"),
    (f"{HERE}/a.png?x=1", "/_poe/files/" + "a" * 32 + "/a.png"),
    (f"{HERE}", ""),
    (f"{HERE}/..\\..\\api", ""),
    (f"{HERE}/%2e%2e/%2e%2e/api", ""),
    (f"{HERE}/../../api/v1/state", ""),
    ("http://127.0.0.1:8080/_poe/api/v1/state", ""),
    (HERE.replace("127.0.0.1", "evil.example") + "/a.png", ""),
    ("http://[", ""),
]


@pytest.mark.parametrize(("url", "path"), PATHS)
def test_only_a_file_of_a_local_poe_has_a_path(url: str, path: str) -> None:
    assert local_path(url) == path
