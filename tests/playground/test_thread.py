"""One chat of the page, over a connection that a test holds back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from poecli.chats.recorder import Recorder
from poecli.chats.session import Chat, ChatOptions, new_chat
from poecli.client.address import BotAddress
from poecli.errors import UsageError
from poecli.playground.keeping import Keeping
from poecli.playground.thread import PageQuestion, Thread
from poecli.playground.threads import Threads
from poecli.waiting import within

LIMIT_SECONDS = 30
BOT = BotAddress.at("http://127.0.0.1:9/")
QUESTION = PageQuestion("hi")


class HeldBot(httpx.AsyncBaseTransport):
    """Answers settings once it ``may_tell`` them, and begins answers that never end."""

    def __init__(self) -> None:
        self.may_tell = asyncio.Event()
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["type"] == "settings":
            await self.may_tell.wait()
            return httpx.Response(200, json={})
        self.asked += 1
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=Endless())


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'event: text\r\ndata: {"text": "Half a wo"}\r\n\r\n'
        await asyncio.Event().wait()


class Opened:
    """A thread, its bot, and what its pages were told."""

    def __init__(self, session: httpx.AsyncClient, bot: HeldBot) -> None:
        self.bot = bot
        self.told: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        recorder = Recorder(None, lambda _text: None)
        chat = Chat(new_chat(BOT), session, recorder, ChatOptions())
        self.thread = Thread(chat, BOT, self.told.put_nowait)

    async def hear(self, **fields: Any) -> None:
        """Wait until a page is told a message with these fields."""
        while not fields.items() <= (await within(self.told.get(), LIMIT_SECONDS)).items():
            pass


@asynccontextmanager
async def opened() -> AsyncIterator[Opened]:
    bot = HeldBot()
    async with httpx.AsyncClient(transport=bot) as session:
        chat = Opened(session, bot)
        yield chat
        await chat.thread.stop()


async def test_of_two_questions_at_once_one_is_asked() -> None:
    """A double click, or two pages: the settings were waited for between look and question."""
    async with opened() as chat:
        asking = [asyncio.create_task(chat.thread.ask(QUESTION, BOT)) for _ in range(2)]
        await asyncio.sleep(0)
        chat.bot.may_tell.set()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert sum(isinstance(outcome, UsageError) for outcome in outcomes) == 1
        assert len(chat.thread.messages) == 2


async def test_a_question_asked_again_twice_at_once_is_there_once() -> None:
    """The second may not take back what was said before."""
    async with opened() as chat:
        chat.bot.may_tell.set()
        for text in ("first", "second"):
            await chat.thread.ask(PageQuestion(text), BOT)
            await chat.hear(type="ops")
            await chat.thread.stop()
        chat.bot.may_tell.clear()
        again = [asyncio.create_task(chat.thread.again()) for _ in range(2)]
        await asyncio.sleep(0)
        chat.bot.may_tell.set()
        await asyncio.gather(*again, return_exceptions=True)
        said = [message.text for message in chat.thread.messages if message.role == "user"]
        assert said == ["first", "second"]


async def test_an_answer_stopped_twice_is_told_to_be_over() -> None:
    """The second Stop comes while the last words are painted."""
    async with opened() as chat:
        chat.bot.may_tell.set()
        answer = await chat.thread.ask(QUESTION, BOT)
        await chat.hear(type="ops")
        stopping = [asyncio.create_task(chat.thread.stop())]
        while answer.state == "running":  # noqa: ASYNC110 - a moment that nothing tells of
            await asyncio.sleep(0)
        stopping.append(asyncio.create_task(chat.thread.stop()))
        await asyncio.gather(*stopping)
        await chat.hear(type="said", id=answer.id, state="stopped")


async def test_chats_can_be_looked_at_while_they_are_closed(tmp_path: Path) -> None:
    """A page that still asks, at Ctrl-C, moves its chat to the end of the list."""
    bot = HeldBot()
    bot.may_tell.set()

    def look(message: Mapping[str, Any]) -> None:
        if message.get("state") == "stopped":
            for each in ids:
                assert threads[each].id == each

    async with httpx.AsyncClient(transport=bot) as session:
        threads = Threads(look, lambda: session, Keeping(tmp_path, lambda _text: None))
        opened = [threads.new(BOT) for _ in range(3)]
        ids = [thread.id for thread in opened]
        for thread in opened:
            await thread.ask(QUESTION, BOT)
        await within(threads.close(), LIMIT_SECONDS)
    assert not any(thread.is_running for thread in opened)
