"""The tables of the kept chats, and how their file is written.

Write-ahead logging makes each insert a short append that a kill can't tear: at most the event
being written is lost (https://sqlite.org/wal.html).
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from poecli.errors import UsageError

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE chats (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    bot TEXT NOT NULL,       -- as it was typed
    started INTEGER NOT NULL, -- microseconds since 1970
    parent TEXT               -- the chat this one was forked from
);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY,
    chat TEXT NOT NULL REFERENCES chats (id),
    bot TEXT NOT NULL,
    message_id TEXT NOT NULL,
    answer_id TEXT NOT NULL,
    asked INTEGER NOT NULL,
    question TEXT NOT NULL,   -- JSON
    outcome TEXT,             -- NULL while it runs, then "done", "stopped" or an error's message
    removed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX turns_of_chat ON turns (chat, id);
CREATE TABLE events (
    turn INTEGER NOT NULL REFERENCES turns (id),
    position INTEGER NOT NULL,
    round INTEGER NOT NULL,   -- of tools: 0 is the first stream of the answer
    at_ms REAL NOT NULL,      -- after the request was sent
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (turn, position)
) WITHOUT ROWID;
CREATE TABLE texts (turn INTEGER PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT NULL);
"""
_FULL_TEXT = """
CREATE VIRTUAL TABLE words USING fts5 (question, answer, content='texts', content_rowid='turn');
CREATE TRIGGER words_follow AFTER INSERT ON texts BEGIN
    INSERT INTO words (rowid, question, answer) VALUES (new.turn, new.question, new.answer);
END;
"""


def prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Make the tables where there are none. Raises UsageError for a newer version's file."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"{file} was written by a newer version of poe.", hint="Update poe, or pass --no-store."
        )
    connection.execute("PRAGMA journal_mode = WAL")
    # The log is not synced at each insert: that guards against a power cut, not against a kill.
    connection.execute("PRAGMA synchronous = NORMAL")
    if version == SCHEMA_VERSION:
        return
    with transaction(connection):
        # Another process may have made the tables while this one waited.
        if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        # Some builds of SQLite have no FTS5; searching is slower there.
        with contextlib.suppress(sqlite3.OperationalError):
            _make_full_text(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _make_full_text(connection: sqlite3.Connection) -> None:
    table, trigger = _FULL_TEXT.split(";\n", 1)
    connection.execute(table)
    connection.execute(trigger)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written within it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
