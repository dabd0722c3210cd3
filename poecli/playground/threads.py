"""The chats of the page: what is asked, and each answer as operations for the page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.bot_query import error_from_event
from poecli.client.dialogue import Dialogue, new_id
from poecli.client.http import Session
from poecli.client.parameters import taken_from_text
from poecli.errors import PoeCliError, UsageError
from poecli.playground.answer_text import AnswerText
from poecli.protocol.conversation import Conversation
from poecli.protocol.events import Event, File
from poecli.protocol.messages import Attachment
from poecli.protocol.reply import Reply

MOST_THREADS = 50

Publish = Callable[[Mapping[str, Any]], None]


@dataclass
class Said:
    """One message of a thread. An answer's ``state`` is running, done, error or stopped."""

    id: str
    role: str
    bot: str
    text: str = ""
    state: str = "done"
    files: list[dict[str, Any]] = field(default_factory=list)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    suggested: list[str] = field(default_factory=list)
    error: dict[str, str] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is an answer that came to its end."""
        return self.role == "bot" and self.state != "running"

    def as_json(self) -> dict[str, Any]:
        """What the page gets; the text of an answer comes as operations."""
        shown = dict(vars(self))
        if self.role == "bot":
            del shown["text"]
        return shown


@dataclass(frozen=True)
class PageQuestion:
    """What a page asks: what, with which files and touched parameters.

    With ``text_params`` the text is read as Poe's client reads it: ``--name value`` in it.
    """

    text: str
    attachments: tuple[Attachment, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    typed: str = ""  # where that was more, such as ``@Name`` before it
    text_params: bool = False


class Thread:
    """One conversation. At most one answer runs at a time."""

    def __init__(self, bot: BotAddress, publish: Publish, session: Session | None) -> None:
        self.id = new_id("c")
        self.bot = bot
        self.messages: list[Said] = []
        self._publish = publish
        self._dialogue = Dialogue(Conversation(new_id("u"), self.id), session)
        self._asked: list[PageQuestion] = []
        self._texts: dict[str, AnswerText] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """True while an answer is under way."""
        return self._task is not None and not self._task.done()

    def as_json(self) -> dict[str, Any]:
        """The whole thread, without the texts of answers."""
        return {
            "type": "chat",
            "id": self.id,
            "bot": self.bot.name,
            "messages": [said.as_json() for said in self.messages],
        }

    def answers(self) -> list[dict[str, Any]]:
        """Every answer's text, as operations on an empty element.

        One that runs begins anew on all pages: its next operations go on from these.
        """
        told = [(said, self._anew(said)) for said in self.messages if said.role == "bot"]
        for said, answer in told:
            if said.state == "running":
                self._publish(answer)
        return [answer for _, answer in told]

    async def ask(self, asked: PageQuestion, bot: BotAddress) -> Said:
        """Ask; the answer runs by itself. Raises UsageError while another one runs, or a file
        that the bot's settings refuse.
        """
        if self.is_running:
            raise UsageError("An answer is still running.", hint="Stop it, or wait for its end.")
        self.bot = bot
        self._dialogue.forget_settings(bot)
        settings = await self._dialogue.settings_of(bot)
        text, parameters = asked.text, dict(asked.parameters)
        if asked.text_params:
            text, written = taken_from_text(text, settings)
            parameters |= written
        query = self._dialogue.say(text, bot, attachments=asked.attachments, parameters=parameters)
        question = Said(
            self._dialogue.conversation.messages[-1].message_id,
            "user",
            "",
            asked.typed or asked.text,
            files=[_file(attachment) for attachment in asked.attachments],
            parameters=parameters,
        )
        answer = Said(query.message_id, "bot", bot.name, state="running")
        self._asked.append(asked)
        for said in (question, answer):
            self.messages.append(said)
            self._publish({"type": "said", "chat": self.id, **said.as_json()})
        self._texts[answer.id] = AnswerText()
        events = self._dialogue.events(query, bot)
        self._task = asyncio.create_task(self._answer(answer, bot, events))
        return answer

    async def again(self) -> Said:
        """The last question once more, in place of its answer. Raises UsageError."""
        return await self.ask(self._taken_back(), self.bot)

    async def edit(self, asked: PageQuestion, bot: BotAddress) -> Said:
        """Another question in place of the last one, with its files. Raises UsageError."""
        old = self._taken_back()
        kept = replace(asked, attachments=old.attachments, parameters=old.parameters)
        return await self.ask(kept, bot)

    def _taken_back(self) -> PageQuestion:
        if self.is_running:
            raise UsageError("An answer is still running.", hint="Stop it, or wait for its end.")
        if not self._asked:
            raise UsageError("Nothing was asked yet.", hint="Ask first.")
        self._dialogue.conversation = self._dialogue.conversation.without_last_turn()
        for said in self.messages[-2:]:
            self._texts.pop(said.id, None)
        del self.messages[-2:]
        self._publish(self.as_json())
        return self._asked.pop()

    async def stop(self) -> None:
        """The user's Stop: the connection is closed, as Poe does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # --- an answer ---

    async def _answer(
        self, said: Said, bot: BotAddress, events: AsyncGenerator[Event, None]
    ) -> None:
        reply, over = Reply(), asyncio.Event()
        tell = partial(self._publish_operations, said)
        painting = asyncio.create_task(self._texts[said.id].paint(tell, over))
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    reply.feed(event)
                    if self._texts[said.id].take(event):
                        self._publish(self._anew(said))
            if reply.error is not None:
                raise error_from_event(reply.error, bot.peer)
            said.state = "done"
        except PoeCliError as error:
            said.state = "error"
            said.error = {"message": error.message, "why": error.why, "hint": error.hint}
        except asyncio.CancelledError:
            said.state = "stopped"
        finally:
            over.set()
            await painting
            self._finish(said, reply, bot)

    def _publish_operations(self, said: Said, operations: list[Any]) -> None:
        if operations:
            told = {"type": "ops", "chat": self.id, "id": said.id, "ops": operations}
            self._publish(told)

    def _anew(self, said: Said) -> dict[str, Any]:
        """What makes an answer as it stands, on an empty element."""
        operations = self._texts[said.id].anew(is_over=said.state != "running")
        return {"type": "answer", "chat": self.id, "id": said.id, "ops": operations}

    def _finish(self, said: Said, reply: Reply, bot: BotAddress) -> None:
        said.files = [_file(file) for file in reply.files]
        said.suggested = list(reply.suggested_replies)
        if said.state == "done" or reply.text:
            self._dialogue.remember(bot, said.id, reply)
        self._publish({"type": "said", "chat": self.id, **said.as_json()})


def _file(file: Attachment | File) -> dict[str, str]:
    return {"url": file.url, "name": file.name, "content_type": file.content_type}


class Threads:
    """All chats of this `poe dev`; the oldest go when there are more than 50.

    They ask through ``session``; without one, each question through one of its own.
    """

    def __init__(self, publish: Publish, session: Session | None = None) -> None:
        self._publish = publish
        self._session = session
        self._threads: dict[str, Thread] = {}

    def __getitem__(self, id: str) -> Thread:
        """A thread by its id. Raises KeyError."""
        return self._threads[id]

    def new(self, bot: BotAddress) -> Thread:
        """Begin a chat."""
        thread = Thread(bot, self._publish, self._session)
        self._threads[thread.id] = thread
        idle = [each.id for each in self._threads.values() if not each.is_running]
        for oldest in idle[: max(0, len(self._threads) - MOST_THREADS)]:
            del self._threads[oldest]
        self._publish(thread.as_json())
        return thread

    def state(self) -> Sequence[Mapping[str, Any]]:
        """What a page begins with."""
        told: list[Mapping[str, Any]] = []
        for thread in self._threads.values():
            told += [thread.as_json(), *thread.answers()]
        return told

    async def close(self) -> None:
        """Stop what runs."""
        for thread in self._threads.values():
            await thread.stop()
