"""Chats on disk: what is written is found, by several processes, with and without full text."""

from __future__ import annotations

import sqlite3
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from poecli.chats.store import FILE_NAME, ChatStore, UnreadableChats
from poecli.chats.turns import ChatAnswer, ChatRecord, Question, Turn
from poecli.errors import UsageError
from poecli.protocol import events as ev

EVENTS = (
    ev.Meta("text/strange", suggested_replies=True),
    ev.Text("hello "),
    ev.ReplaceResponse("good "),
    ev.Text("bye", index=0),
    ev.File("http://h/f", "text/plain", "f.txt"),
    ev.Data("{}"),
    ev.Json({"choices": []}),
    ev.Unknown("new_event", "anything"),
    ev.Malformed("text", "{oops", "not JSON"),
    ev.Error("no", error_type="odd"),
    ev.Done(),
)


def kept(store: ChatStore, chat: str, question: str, *events: ev.Event, outcome: str = "") -> Turn:
    """A chat with one turn, written as it would happen."""
    store.begin_chat(ChatRecord(chat, "c-x", "u-x", "Bot", 1))
    turn = Turn(Question(question), "Bot", "m-q", 1_000_000, ChatAnswer("m-a"))
    turn.row = store.begin_turn(chat, turn)
    for position, event in enumerate(events):
        store.add_event(turn.row, position, 0, 1.0, turn.answer.take(event, 1.0))
    if outcome:
        store.end_turn(turn.row, outcome)
    return turn


def test_every_event_comes_back(tmp_path: Path) -> None:
    """Also what Poe would refuse is kept as it was read."""
    with_store = ChatStore.open(tmp_path)
    kept(with_store, "one", "hi", *EVENTS, outcome="done")
    with_store.close()

    store = ChatStore.open(tmp_path)
    (turn,) = store.turns("one")
    store.close()
    assert turn.question == Question("hi")
    assert (turn.answer.text, len(turn.answer.timeline)) == ("good bye", len(EVENTS))
    assert [file.name for file in turn.answer.files] == ["f.txt"]
    assert turn.answer.outcome == "done"


def test_a_chat_that_is_removed_leaves_nothing(tmp_path: Path) -> None:
    """Neither in the list nor for a search; other chats stay."""
    store = ChatStore.open(tmp_path)
    for chat in ("one", "two"):
        kept(store, chat, f"needle {chat}", *EVENTS, outcome="done")
    assert len(store.search("needle")) == 2

    store.remove_chat("one")

    assert [hit.chat for hit in store.search("needle")] == ["two"]
    assert [chat.id for chat in store.chats()] == ["two"]
    store.close()
    database = sqlite3.connect(tmp_path / FILE_NAME)
    rows = database.execute(
        "SELECT chat FROM turns JOIN events ON turn = id GROUP BY id"
    ).fetchall()
    texts = database.execute("SELECT question FROM texts").fetchall()
    database.close()
    assert (rows, texts) == ([("two",)], [("needle two",)])


def test_an_answer_without_an_end_counts_as_stopped(tmp_path: Path) -> None:
    """A process that was killed leaves no outcome."""
    store = ChatStore.open(tmp_path)
    kept(store, "one", "hi", ev.Text("part"))

    assert store.turns("one")[0].answer.outcome == "stopped"
    store.close()


@pytest.mark.parametrize("full_text", [True, False], ids=["FTS5", "LIKE"])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("purple", ["one"], id="in the answer"),
        pytest.param("colour", ["one"], id="in the question"),
        pytest.param("colour purple", ["one"], id="in both"),
        pytest.param("colour green", [], id="in different chats"),
        pytest.param('50% "quoted', ["two"], id="signs of the query language"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_words_are_found(words: str, found: list[str], full_text: bool, tmp_path: Path) -> None:
    """Every word must be there, in question or answer, with SQLite's full text and without."""
    store = ChatStore.open(tmp_path)
    if not full_text:
        store._db.executescript("DROP TRIGGER words_follow; DROP TABLE words")
    kept(store, "one", "which colour?", ev.Text("pur"), ev.Text("ple"), outcome="done")
    kept(store, "two", "green?", ev.Text('50% "quoted" text'), outcome="done")

    assert [hit.chat for hit in store.search(words)] == found
    store.close()


def test_a_fork_shares_the_past_and_not_the_future(tmp_path: Path) -> None:
    """Copied turns keep their events; removing one leaves the other chat as it was."""
    store = ChatStore.open(tmp_path)
    turn = kept(store, "one", "hi", ev.Text("yes"), outcome="done")
    store.begin_chat(ChatRecord("two", "c-y", "u-x", "Bot", 2, "one"))
    (copy,) = store.copy_turns([turn.row or 0], "two")
    store.remove_turn(turn.row or 0)

    assert store.turns("one") == []
    assert store.turns("two")[0].answer.text == "yes"
    assert store.turns("two")[0].row == copy
    assert [chat.id for chat in store.chats()] == ["two"]
    store.close()


def test_a_chat_is_found_by_the_start_of_its_id(tmp_path: Path) -> None:
    """One that fits is taken, none or several are an error."""
    store = ChatStore.open(tmp_path)
    for chat in ("abc", "abd", "xyz"):
        kept(store, chat, "hi", ev.Text("yes"), outcome="done")

    assert store.find("x").id == "xyz"
    with pytest.raises(UsageError, match="Several"):
        store.find("ab")
    with pytest.raises(UsageError, match="no chat"):
        store.find("q")
    store.close()


def test_an_old_chat_is_found_among_many(tmp_path: Path) -> None:
    """A list shows the newest thousand, and each that is named is there."""
    store = ChatStore.open(tmp_path)
    for number in range(1001):
        kept(store, f"chat-{number:04}", "hi", outcome="done")

    assert store.find("chat-0000").id == "chat-0000"
    store.close()


class Watched(ChatStore):
    """A store that another chat writes to while this one reads a turn."""

    other: ChatStore

    def _turn(self, row: Any) -> Turn:
        self.other.begin_chat(ChatRecord(f"chat-{row[0]}", "c-x", "u-x", "Bot", 1))
        return super()._turn(row)


def test_a_search_lets_other_chats_write(tmp_path: Path) -> None:
    """The first one puts the texts of all turns together, which may take longer than they wait."""
    store = Watched.open(tmp_path)
    assert isinstance(store, Watched)
    store.other = ChatStore.open(tmp_path)
    kept(store, "one", "hi", ev.Text("yes"), outcome="done")

    assert [hit.chat for hit in store.search("hi")] == ["one"]
    store.close()
    store.other.close()


def test_two_chats_write_at_once(tmp_path: Path) -> None:
    """The schema is made once, and each connection sees what the other wrote."""
    one, two = ChatStore.open(tmp_path), ChatStore.open(tmp_path)
    kept(one, "one", "hi", ev.Text("a"), outcome="done")
    kept(two, "two", "hi", ev.Text("b"), outcome="done")

    assert {chat.id for chat in one.chats()} == {"one", "two"}
    one.close()
    two.close()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_only_the_owner_can_read_chats(tmp_path: Path) -> None:
    """The database and its log are readable by their owner alone."""
    store = ChatStore.open(tmp_path / "data")
    kept(store, "one", "hi", ev.Text("a"))

    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data").iterdir()}
    store.close()
    assert modes == {0o600}


def test_a_store_without_full_text_is_made(tmp_path: Path) -> None:
    """The tables that every SQLite has are there; the version is written last."""
    ChatStore.open(tmp_path).close()

    database = sqlite3.connect(tmp_path / FILE_NAME)
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert {"chats", "turns", "events", "texts"} <= tables


def test_a_damaged_question_hides_no_other(tmp_path: Path) -> None:
    """It is named where it is wanted; lists and searches go on past it."""
    store = ChatStore.open(tmp_path)
    kept(store, "one", "hi", ev.Text("yes"), outcome="done")
    kept(store, "two", "hi again", ev.Text("no"), outcome="done")
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("UPDATE turns SET question = '{\"te' WHERE chat = 'one'")
    database.close()

    assert [chat.title for chat in store.chats()] == ["hi again", "(can't be read)"]
    assert [hit.chat for hit in store.search("hi")] == ["two"]
    with pytest.raises(UnreadableChats, match="stored chats can't be read"):
        store.turns("one")
    store.remove_chat("one")
    assert [chat.id for chat in store.chats()] == ["two"]
    store.close()
