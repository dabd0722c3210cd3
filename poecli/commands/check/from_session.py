"""A chat that was held with `poe chat`, written as a test."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from poecli.addresses import is_web_address
from poecli.chats.store import open_store
from poecli.chats.turns import Turn
from poecli.config.paths import typed_path
from poecli.config.project import find_project
from poecli.errors import ExitCode, UsageError
from poecli.terminal.console import Console
from poecli.turns.chat_toml import RecordedTurn, chat_toml, write_test


def write_session(console: Console, chat: str, file: Path | None) -> int:
    """Print the chat whose id begins so as a ``.chat.toml``, or write it to ``file``.

    Raises UsageError when there is no such chat, or the file already exists.
    """
    store = open_store(console.env, console.warn)
    if store is None:
        raise UsageError("No chat is stored on this machine.", hint="poe chat BOT")
    folder = file.parent if file is not None else find_project(Path.cwd()).root / "tests"
    with contextlib.closing(store):
        turns = store.turns(store.find(chat).id)
    text = chat_toml(_recorded(turn, folder) for turn in turns if not turn.answer.stopped)
    if file is None:
        console.data(text, end="")
        return ExitCode.DONE
    write_test(file, text)
    console.say(f"wrote {file}")
    return ExitCode.DONE


def _recorded(turn: Turn, folder: Path) -> RecordedTurn:
    answer = turn.answer
    error = answer.replies[-1].error
    return RecordedTurn(
        user=turn.question.text,
        text=answer.text,
        attachments=tuple(_attachments(turn, folder)),
        parameters=turn.question.parameters,
        files=tuple(file.name for file in answer.files),
        suggested_replies=tuple(answer.suggested_replies),
        error=None if error is None else error.text or "",
    )


def _attachments(turn: Turn, folder: Path) -> Iterator[str]:
    for source in turn.question.sources:
        if is_web_address(source):
            yield source
            continue
        path = typed_path(source)
        try:
            yield Path(os.path.relpath(path, folder)).as_posix()
        except ValueError:  # another drive of Windows
            yield path.as_posix()
