"""Where the page's chats are kept: with those of `poe chat`, in one store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from poecli.chats.store import STORE_ERRORS, ChatStore, around
from poecli.errors import UsageError
from poecli.system_errors import explained, reason_of

MOST_LISTED = 200


class Keeping:
    """The store in ``folder``, opened when a chat is first kept; ``warn`` hears why it can't be."""

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self.warn = warn
        self._folder = folder

    @cached_property
    def store(self) -> ChatStore | None:
        """None where nothing can be kept. To be used on the event loop."""
        try:
            return ChatStore.open(self._folder)
        except STORE_ERRORS as error:
            self.warn(f"Chats can't be stored in {self._folder}: {reason_of(error)}.")
        except UsageError as error:
            self.warn(error.message)
        return None

    def listed(self, bots: Collection[str], words: str) -> Sequence[dict[str, Any]]:
        """The chats with these bots, the last one used first; those that hold all the words.

        In any thread. Raises UsageError where the store can't be read.
        """
        try:
            with contextlib.closing(ChatStore.open(self._folder)) as store:
                chats = [chat for chat in store.chats() if chat.bot in bots]
                found = {}
                for hit in reversed(store.search(words)):
                    terms = words.split()
                    found[hit.chat] = around(hit.question, terms) or around(hit.answer, terms)
        except STORE_ERRORS as error:
            raise UsageError("The stored chats can't be read.", **explained(error)) from error
        return [
            {
                "id": chat.id,
                "bot": chat.bot,
                "title": chat.title,
                "turns": chat.turns,
                "started": chat.started,
                "found": found.get(chat.id, ""),
            }
            for chat in chats
            if not words or chat.id in found
        ][:MOST_LISTED]

    def close(self) -> None:
        """Let go of the file."""
        store = self.__dict__.get("store")
        if store is not None:
            store.close()
