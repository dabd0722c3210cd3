"""The chats that are open on the page, and those that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from poecli.chats.recorder import Recorder
from poecli.chats.session import Chat, ChatOptions, new_chat
from poecli.chats.turns import ChatRecord, Turn
from poecli.client.address import BotAddress
from poecli.client.bot_query import NO_RETRY
from poecli.client.http import Session
from poecli.errors import UsageError
from poecli.playground.keeping import Keeping
from poecli.playground.thread import Publish, Thread
from poecli.protocol.reply import FAR_BEYOND

MOST_THREADS = 50


class Threads:
    """All chats that are open on the page; the oldest go when there are more than 50.

    They are kept where those of `poe chat` are.
    """

    def __init__(self, publish: Publish, session: Callable[[], Session], keeping: Keeping) -> None:
        self._publish = publish
        self._session = session
        self._keeping = keeping
        self._threads: dict[str, Thread] = {}

    def __getitem__(self, id: str) -> Thread:
        """An open chat by its id, from now on the one used last. Raises KeyError."""
        self._threads[id] = self._threads.pop(id)
        return self._threads[id]

    def new(self, bot: BotAddress) -> Thread:
        """Begin a chat."""
        return self._open(new_chat(bot), bot, ())

    def resume(self, id: str, bot: BotAddress) -> Thread:
        """Go on with a chat that is kept. Raises UsageError for one that is not."""
        store = self._keeping.store
        if store is None:
            raise UsageError("No chat is kept here.")
        if id in self._threads:
            thread = self[id]
            if not thread.is_running:
                thread.catch_up()
            thread.tell()
            return thread
        record = store.find(id)
        return self._open(record, bot, store.turns(record.id))

    async def remove(self, id: str) -> None:
        """Take a kept chat away, from every page too. Raises UsageError for one that is not."""
        store = self._keeping.store
        if store is None:
            raise UsageError("No chat is kept here.")
        record = store.find(id)
        if id in self._threads:
            await self._threads.pop(id).stop()
        store.remove_chat(record.id)
        self._publish({"type": "removed", "id": record.id})

    def _open(self, record: ChatRecord, bot: BotAddress, turns: Sequence[Turn]) -> Thread:
        recorder = Recorder(self._keeping.store, self._keeping.warn)
        if turns:
            recorder.resume(record)
        options = ChatOptions(retry=NO_RETRY, most_times=FAR_BEYOND)
        thread = Thread(Chat(record, self._session(), recorder, options, turns), bot, self._publish)
        self._threads[thread.id] = thread
        idle = [each.id for each in self._threads.values() if not each.is_running]
        for oldest in idle[: max(0, len(self._threads) - MOST_THREADS)]:
            del self._threads[oldest]
        thread.tell()
        return thread

    def hold(self, answer: str) -> bool:
        """Whether an answer with this id belongs to one of them."""
        return any(thread.holds(answer) for thread in self._threads.values())

    async def wait_for(self, answer: str) -> None:
        """Until the answer with this id is over; at once for one of nobody here."""
        for thread in list(self._threads.values()):
            if thread.is_running and thread.messages[-1].id == answer:
                await thread.wait()

    def kept(self, bots: Collection[str], words: str) -> Sequence[Mapping[str, Any]]:
        """As `Keeping.listed`, in any thread."""
        return self._keeping.listed(bots, words)

    async def prepare(self) -> None:
        """Have at hand what `state` tells of the answers that are over."""
        for thread in list(self._threads.values()):
            await thread.prepare()

    def state(self) -> Sequence[Mapping[str, Any]]:
        """What a page begins with."""
        told: list[Mapping[str, Any]] = []
        for thread in self._threads.values():
            told += [thread.as_json(), *thread.answers()]
        return told

    async def close(self) -> None:
        """Stop what runs, and let go of the store."""
        await asyncio.gather(*(thread.stop() for thread in self._threads.values()))
        self._keeping.close()
