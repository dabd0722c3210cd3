"""A chat that was held with `poe chat`, written as a test."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from poecli.chats.store import open_store
from poecli.chats.turns import Turn
from poecli.config.project import find_project
from poecli.conformance.chats.file import SUFFIX
from poecli.conformance.chats.writer import RecordedTurn, chat_toml
from poecli.errors import ExitCode, UsageError
from poecli.terminal.console import Console


def write_session(console: Console, chat: str, file: Path | None) -> int:
    """Print the chat whose id begins so as a ``.chat.toml``, or write it to ``file``.

    Raises UsageError when there is no such chat, or the file already exists.
    """
    if file is not None and not file.name.endswith(SUFFIX):
        raise UsageError(
            f"{file} can't be the name of a conversation's file.", hint=f"Name it NAME{SUFFIX}."
        )
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
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"{file} already exists.", hint="Choose another name.") from error
    except OSError as error:
        raise UsageError(f"{file} can't be written.", why=str(error)) from error
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
        if source.startswith(("http://", "https://")):
            yield source
            continue
        path = Path(source).expanduser()
        try:
            yield Path(os.path.relpath(path, folder)).as_posix()
        except ValueError:  # another drive of Windows
            yield path.as_posix()
