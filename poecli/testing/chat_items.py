"""``*.chat.toml`` files as tests of pytest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from poecli.conformance.chats.file import ChatFile, read_chat_file
from poecli.conformance.chats.runner import run_chat
from poecli.conformance.results import Outcome
from poecli.errors import PoeCliError, ProjectFileError
from poecli.testing.served import PoeDev, in_a_thread


class ChatFailed(Exception):
    """The bot did not answer as the file expects; the text is all there is to say."""


class ChatTests(pytest.File):
    """One file. ``served`` gives the server once a test runs."""

    served: Callable[[], PoeDev]

    def collect(self) -> Iterable[pytest.Item]:
        """The conversation, as one test: its turns build on each other."""
        try:
            chat = read_chat_file(self.path)
        except ProjectFileError as error:
            raise self.CollectError(error_text(error)) from error
        item = ChatItem.from_parent(self, name="chat")
        item.chat, item.served = chat, self.served
        yield item


class ChatItem(pytest.Item):
    """One conversation."""

    chat: ChatFile
    served: Callable[[], PoeDev]

    def runtest(self) -> None:
        """Hold it. What can't be tested is skipped, with the reason."""
        served = self.served()
        bot = served.address(self.chat.bot)
        result = in_a_thread(run_chat(self.chat, bot, served.local_poe))
        if result.outcome is Outcome.UNTESTED:
            pytest.skip(f"can't be tested: {result.untested}")
        if result.outcome is Outcome.FAULT:
            raise ChatFailed("\n".join(result.lines()))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failures alone: no line of a traceback is the author's."""
        if isinstance(excinfo.value, PoeCliError):
            return error_text(excinfo.value)
        if isinstance(excinfo.value, ChatFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """The file; a conversation begins at its first line."""
        return Path(self.path), 0, self.path.name


def error_text(error: PoeCliError) -> str:
    """An error as `poe` prints it."""
    parts = (error.message, error.detail, error.why, error.hint)
    return "\n".join(part for part in parts if part)
