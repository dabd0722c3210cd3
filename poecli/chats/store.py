"""Chats kept in SQLite: every event is on disk as soon as it has arrived.

The file is readable by its owner only.
"""

from __future__ import annotations

import functools
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from poecli.chats.schema import prepare, transaction
from poecli.chats.turns import DONE, STOPPED, ChatAnswer, ChatRecord, Question, Turn
from poecli.config.paths import user_folders
from poecli.errors import BotErrorEvent, UsageError
from poecli.protocol.events import event_from_frame
from poecli.protocol.foreign_json import whole_text
from poecli.protocol.sse import Frame
from poecli.system_errors import reason_of
from poecli.terminal.foreign import cut, one_line

FILE_NAME = "chats.db"
_BUSY_SECONDS = 5.0
_ALL = -1  # as a limit of SQLite's
_TITLE_CHARACTERS = 60
_AROUND = 60  # characters of an excerpt on each side
_FORGET_WORDS = (
    "INSERT INTO words (words, rowid, question, answer) SELECT 'delete', turn, question, answer"
    " FROM texts WHERE turn IN (SELECT id FROM turns WHERE chat = ?)"
)
_FORGET = (
    "DELETE FROM texts WHERE turn IN (SELECT id FROM turns WHERE chat = ?)",
    "DELETE FROM events WHERE turn IN (SELECT id FROM turns WHERE chat = ?)",
    "DELETE FROM turns WHERE chat = ?",
    "DELETE FROM chats WHERE id = ?",
)
_UNREADABLE_TITLE = "(can't be read)"
STORE_ERRORS = (sqlite3.Error, OSError)
_Given = ParamSpec("_Given")
_T = TypeVar("_T")


class UnreadableChats(UsageError):
    """The file is damaged, or another program holds it."""

    id = "unreadable-chats"


def _reads(
    method: Callable[Concatenate[ChatStore, _Given], _T],
) -> Callable[Concatenate[ChatStore, _Given], _T]:
    """Raises UnreadableChats for `STORE_ERRORS`: a file that opens may be damaged further on."""

    @functools.wraps(method)
    def read(store: ChatStore, /, *args: _Given.args, **kwargs: _Given.kwargs) -> _T:
        try:
            return method(store, *args, **kwargs)
        except STORE_ERRORS as error:
            raise UnreadableChats(
                "The stored chats can't be read.",
                why=f"{store.file}: {reason_of(error)}.",
                hint="Try again. If the file is damaged, move it away: a new one is made.",
            ) from error

    return read


@dataclass(frozen=True)
class SearchHit:
    """A turn that a search found."""

    chat: str
    bot: str
    asked: int
    question: str
    answer: str


class ChatStore:
    """The chats of one user. What can't be written raises `STORE_ERRORS`."""

    errors = (*STORE_ERRORS, UnreadableChats)

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self.file = file
        self._db = connection

    @classmethod
    def open(cls, folder: Path) -> ChatStore:
        """The store in ``folder``, made when there is none.

        Raises `STORE_ERRORS` where nothing can be written, UsageError for a newer version's file.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / FILE_NAME
        # SQLite gives its log files the mode of the database, so that is set before anything else.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            prepare(connection, file)
        except BaseException:
            connection.close()
            raise
        return cls(connection, file)

    def close(self) -> None:
        self._db.close()

    # --- writing ---

    def begin_chat(self, chat: ChatRecord) -> None:
        bot = whole_text(chat.bot)
        head = (chat.id, chat.conversation_id, chat.user_id, bot, chat.started, chat.parent)
        self._db.execute("INSERT INTO chats VALUES (?, ?, ?, ?, ?, ?)", head)

    def begin_turn(self, chat_id: str, turn: Turn) -> int:
        """Keep a question before it is sent; the number of its row."""
        question = whole_text(json.dumps(turn.question.as_json(), ensure_ascii=False))
        ids, bot = (turn.message_id, turn.answer.message_id), whole_text(turn.bot)
        cursor = self._db.execute(
            "INSERT INTO turns (chat, bot, message_id, answer_id, asked, question)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (chat_id, bot, *ids, turn.asked, question),
        )
        return int(cursor.lastrowid or 0)

    def add_event(self, row: int, position: int, round: int, at_ms: float, frame: Frame) -> None:
        self._db.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
            (row, position, round, at_ms, frame.event, frame.data),
        )

    def end_turn(self, row: int, outcome: str) -> None:
        self._db.execute("UPDATE turns SET outcome = ? WHERE id = ?", (outcome, row))

    def remove_turn(self, row: int) -> None:
        """Take a turn out of its chat; its events stay."""
        self._db.execute("UPDATE turns SET removed = 1 WHERE id = ?", (row,))

    @_reads
    def remove_chat(self, chat_id: str) -> None:
        """Take a chat out of the file, and out of what searches look through."""
        self._db.execute("PRAGMA secure_delete = ON")
        with transaction(self._db):
            for statement in ([_FORGET_WORDS] if self._has_full_text() else []) + [*_FORGET]:
                self._db.execute(statement, (chat_id,))

    def copy_turns(self, rows: Iterable[int], chat_id: str) -> list[int]:
        """Copy turns with their events into another chat; the numbers of the new rows."""
        copies = []
        with transaction(self._db):
            for row in rows:
                cursor = self._db.execute(
                    "INSERT INTO turns (chat, bot, message_id, answer_id, asked, question, outcome)"
                    " SELECT ?, bot, message_id, answer_id, asked, question, outcome"
                    " FROM turns WHERE id = ?",
                    (chat_id, row),
                )
                copies.append(int(cursor.lastrowid or 0))
                self._db.execute(
                    "INSERT INTO events SELECT ?, position, round, at_ms, name, data"
                    " FROM events WHERE turn = ?",
                    (copies[-1], row),
                )
        return copies

    # --- reading ---

    @_reads
    def chats(self, *, bot: str | None = None, limit: int = 1000) -> list[ChatRecord]:
        """The chats that have a turn, the one used last first."""
        rows = self._db.execute(
            "SELECT c.id, c.conversation_id, c.user_id, c.bot, c.started, c.parent,"
            " (SELECT question FROM turns WHERE chat = c.id AND NOT removed ORDER BY id LIMIT 1),"
            " count(t.id), max(t.id) AS last"
            " FROM chats AS c JOIN turns AS t ON t.chat = c.id AND NOT t.removed"
            " WHERE ? IS NULL OR c.bot = ? GROUP BY c.id ORDER BY last DESC LIMIT ?",
            (bot, bot, limit),
        )
        return [_record(row) for row in rows]

    def find(self, start: str) -> ChatRecord:
        """The chat whose id begins so. Raises UsageError when there is none, or several."""
        found = [chat for chat in self.chats(limit=_ALL) if chat.id.startswith(start)]
        if len(found) == 1 and start:
            return found[0]
        if found and start:
            raise UsageError(
                f"Several chats begin with {start!r}.",
                why=", ".join(chat.id for chat in found[:8]),
                hint="Type more of the id.",
            )
        raise UsageError(f"There is no chat {start!r}.", hint="poe chat --list")

    @_reads
    def rows(self, chat_id: str) -> list[int]:
        """The numbers of a chat's turns."""
        rows = self._db.execute(
            "SELECT id FROM turns WHERE chat = ? AND NOT removed ORDER BY id", (chat_id,)
        )
        return [row for (row,) in rows]

    @_reads
    def turns(self, chat_id: str) -> list[Turn]:
        """The turns of a chat, each answer put together from its events."""
        rows = self._db.execute(
            "SELECT id, bot, message_id, answer_id, asked, question, outcome FROM turns"
            " WHERE chat = ? AND NOT removed ORDER BY id",
            (chat_id,),
        ).fetchall()
        return [self._turn(row) for row in rows]

    def _turn(self, row: tuple[int, str, str, str, int, str, str | None]) -> Turn:
        number, bot, message_id, answer_id, asked, question, outcome = row
        answer = ChatAnswer(answer_id)
        for round_, at_ms, name, data in self._events(number):
            while len(answer.replies) <= round_:
                answer.next_round()
            answer.take(event_from_frame(Frame(name, data)), at_ms)
        # A killed process leaves no outcome: what had arrived counts as a stopped answer.
        answer.stopped = outcome in (None, STOPPED)
        if outcome not in (None, STOPPED, DONE):
            answer.error = BotErrorEvent(outcome)
        return Turn(_question(question), bot, message_id, asked, answer, number)

    def _events(self, row: int) -> Iterator[tuple[int, float, str, str]]:
        yield from self._db.execute(
            "SELECT round, at_ms, name, data FROM events WHERE turn = ? ORDER BY position", (row,)
        )

    @_reads
    def frames(self, row: int) -> list[Frame]:
        """The events of a turn as they came over the wire."""
        return [Frame(name, data) for _, _, name, data in self._events(row)]

    @_reads
    def search(self, text: str, *, limit: int = 100) -> list[SearchHit]:
        """The turns whose question or answer holds all the words, the latest first."""
        words = whole_text(text).split()
        if not words:
            return []
        self._index()
        select = (
            "SELECT t.chat, t.bot, t.asked, x.question, x.answer FROM texts AS x"
            " JOIN turns AS t ON t.id = x.turn AND NOT t.removed"
        )
        if self._has_full_text():
            match = " ".join('"' + word.replace('"', '""') + '"*' for word in words)
            query = f"{select} JOIN words AS w ON w.rowid = x.turn WHERE words MATCH ?"
            values = [match]
        else:
            like = "(x.question || ' ' || x.answer) LIKE ? ESCAPE '\\'"
            query = f"{select} WHERE {' AND '.join([like] * len(words))}"
            values = [f"%{_escaped(word)}%" for word in words]
        rows = self._db.execute(f"{query} ORDER BY t.id DESC LIMIT {int(limit)}", values)
        return [SearchHit(*row) for row in rows]

    def _has_full_text(self) -> bool:
        found = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone()
        return found is not None

    def _index(self) -> None:
        """Put together the texts of turns that are over, as far as no search has done so."""
        rows = self._db.execute(
            "SELECT id, bot, message_id, answer_id, asked, question, outcome FROM turns"
            " WHERE outcome IS NOT NULL AND id NOT IN (SELECT turn FROM texts)"
        ).fetchall()
        for row in rows:  # each by itself: a chat under way writes in between
            try:
                turn = self._turn(row)
            except _DamagedQuestion:  # the others are found all the same
                continue
            self._db.execute(
                "INSERT OR IGNORE INTO texts VALUES (?, ?, ?)",
                (turn.row, turn.question.text, turn.answer.text),
            )


def around(text: str, words: list[str]) -> str:
    """The part of a text around the first of the words that it holds; empty for none."""
    folded = text.casefold()
    places = [place for word in words if (place := folded.find(word.casefold())) >= 0]
    if not places:
        return ""
    begin = max(0, min(places) - _AROUND)
    return ("…" if begin else "") + one_line(text[begin:], width=2 * _AROUND)


def open_store(env: Mapping[str, str], warn: Callable[[str], object]) -> ChatStore | None:
    """The user's chats; None, with a warning, where they can't be kept."""
    folder = user_folders(env).data
    try:
        return ChatStore.open(folder)
    except STORE_ERRORS as error:
        warn(f"Chats can't be stored in {folder}: {reason_of(error)}.")
        return None


def _record(row: tuple[str, str, str, str, int, str | None, str | None, int, int]) -> ChatRecord:
    chat, conversation, user, bot, started, parent, question, turns, _ = row
    return ChatRecord(chat, conversation, user, bot, started, parent, _title(question), turns)


class _DamagedQuestion(sqlite3.DatabaseError):
    """SQLite has no checksums: a damaged text comes out of it as any other."""


def _question(kept: str) -> Question:
    try:
        return Question.from_json(json.loads(kept))
    except (ValueError, KeyError, TypeError) as error:
        raise _DamagedQuestion("a question in it is damaged") from error


def _title(question: str | None) -> str:
    try:
        text = " ".join(_question(question).text.split()) if question else ""
    except _DamagedQuestion:
        return _UNREADABLE_TITLE
    return cut(text, _TITLE_CHARACTERS)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
