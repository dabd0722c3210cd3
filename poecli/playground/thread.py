"""One chat of the page: what is asked, and each answer as operations for the page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from poecli.chats.session import Chat
from poecli.chats.turns import DONE, STOPPED, ChatAnswer, Question, Turn
from poecli.client.address import BotAddress
from poecli.client.parameters import taken_from_text
from poecli.errors import PoeCliError, UsageError
from poecli.playground.answer_text import AnswerText
from poecli.protocol.events import Event, File, Text
from poecli.protocol.messages import Attachment
from poecli.protocol.settings import EffectiveSettings
from poecli.turns.files import local_path
from poecli.waiting import cancel_and_wait

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

    @classmethod
    def of(cls, body: Mapping[str, Any], posted: Mapping[str, Attachment]) -> PageQuestion:
        """That of a request; ``posted`` are the files, by URL, whose text is known.

        Raises UsageError.
        """
        text, text_params = body.get("text"), body.get("text_params", False)
        parameters = body.get("parameters") or {}
        attached = body.get("files") or []
        if not isinstance(text, str):
            raise UsageError("text must be a string.")
        if not isinstance(parameters, dict):
            raise UsageError("parameters must be an object.")
        try:
            named = [Attachment.model_validate(file) for file in attached]
        except (TypeError, ValueError):
            raise UsageError("files must be a list of what POST files answered.") from None
        attachments = tuple(posted.get(file.url, file) for file in named)
        return cls(text, attachments, parameters, text_params=text_params is True)


class Thread:
    """One chat, as the page shows it. At most one answer runs at a time."""

    def __init__(self, chat: Chat, bot: BotAddress, publish: Publish) -> None:
        self.id = chat.record.id
        self.bot = bot
        self.messages: list[Said] = []
        self._chat = chat
        self._publish = publish
        self._texts: dict[str, AnswerText] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False
        self._show_turns()

    def _show_turns(self) -> None:
        """All that the chat holds, over and done."""
        self.messages, self._texts = [], {}
        for turn in self._chat.turns:
            answer = turn.answer
            said = Said(answer.message_id, "bot", turn.bot, state=_state_of(answer))
            if answer.error is not None:
                said.error = _in_words(answer.error)
            self.messages += [_asked(turn), said]
            self._texts[said.id] = text = AnswerText()
            for file in answer.files:
                text.take(file)
            text.take(Text(answer.text))
            _finish(said, answer)

    def catch_up(self) -> None:
        """Take in what `poe chat` has added to the chat, or taken back, meanwhile."""
        kept = self._chat.recorder.turns_of(self._chat.record, self._chat.turns)
        if kept is not None:
            self._chat.resume(self._chat.record, kept)
            self._show_turns()
            self.tell()

    def tell(self) -> None:
        """All of it to every page."""
        self._publish(self.as_json())
        for answer in self.answers():
            self._publish(answer)

    @property
    def is_running(self) -> bool:
        """True while an answer is under way."""
        return self._task is not None and not self._task.done()

    def holds(self, answer: str) -> bool:
        """Whether it has an answer with this id."""
        return answer in self._texts

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

    async def prepare(self) -> None:
        """Have at hand what `answers` tells of those that are over."""
        for said in list(self.messages):
            text = self._texts.get(said.id)
            if said.is_over and text is not None:
                await text.prepare()

    async def ask(self, asked: PageQuestion, bot: BotAddress) -> Said:
        """Ask; the answer runs by itself. Raises UsageError while another one runs, or a file
        that the bot's settings refuse.
        """
        settings = await self._settings_of(bot)
        self._settle()
        return self._begin(asked, bot, settings)

    async def _settings_of(self, bot: BotAddress) -> EffectiveSettings | None:
        """As they are now. Raises UsageError while an answer runs; the next may begin meanwhile."""
        self._refuse_while_running()
        self._chat.dialogue.forget_settings(bot)
        return await self._chat.dialogue.settings_of(bot)

    def _begin(
        self, asked: PageQuestion, bot: BotAddress, settings: EffectiveSettings | None
    ) -> Said:
        self.bot = bot
        text, parameters = asked.text, dict(asked.parameters)
        if asked.text_params:
            text, written = taken_from_text(text, settings)
            parameters |= written
        sources = tuple(attachment.name for attachment in asked.attachments)
        events = self._chat.ask(Question(text, asked.attachments, sources, parameters), bot)
        turn = self._chat.turns[-1]
        question = replace(_asked(turn), text=asked.typed or asked.text)
        answer = Said(turn.answer.message_id, "bot", bot.name, state="running")
        for said in (question, answer):
            self.messages.append(said)
            self._publish({"type": "said", "chat": self.id, **said.as_json()})
        self._texts[answer.id] = AnswerText()
        self._is_stopped = False
        self._task = asyncio.create_task(self._answer(answer, turn.answer, events))
        return answer

    def _settle(self) -> None:
        """What is to come next stands on all that was said. Raises UsageError."""
        self._refuse_while_running()
        self.catch_up()

    def _refuse_while_running(self) -> None:
        if self.is_running:
            raise UsageError("An answer is still running.", hint="Stop it, or wait for its end.")

    async def again(self, message: str = "") -> Said:
        """A question once more, in place of its answer and of all after it.

        ``message`` is the id of either; the last one without. Raises UsageError.
        """
        bot = self.bot
        settings = await self._settings_of(bot)
        return self._begin(self._taken_back(message), bot, settings)

    async def edit(self, asked: PageQuestion, bot: BotAddress, message: str = "") -> Said:
        """Another question in place of one, with its files, and of all after it; as `again`."""
        settings = await self._settings_of(bot)
        old = self._taken_back(message)
        kept = replace(asked, attachments=old.attachments, parameters=old.parameters)
        return self._begin(kept, bot, settings)

    def _taken_back(self, message: str) -> PageQuestion:
        self._settle()
        ids = [said.id for said in self.messages]
        if message and message not in ids:
            raise UsageError("This message is not in the chat any more.")
        at = ids.index(message) if message else max(0, len(ids) - 2)
        start = at - at % 2  # a question and its answer follow each other
        for _ in range(start, max(len(ids), 1), 2):
            question = self._chat.take_back()
        typed = self.messages[start].text
        for said in self.messages[start:]:
            self._texts.pop(said.id, None)
        del self.messages[start:]
        self._publish(self.as_json())
        return PageQuestion(question.text, question.attachments, question.parameters, typed)

    async def wait(self) -> None:
        """Until no answer is under way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def stop(self) -> None:
        """The user's Stop: the connection is closed, as Poe does."""
        if self._task is not None and not self._is_stopped:
            self._is_stopped = True
            await cancel_and_wait(self._task)
        await self.wait()  # a second one must not disturb how the answer ends

    # --- an answer ---

    async def _answer(
        self, said: Said, answer: ChatAnswer, events: AsyncGenerator[Event, None]
    ) -> None:
        over = asyncio.Event()
        tell = partial(self._publish_operations, said)
        painting = asyncio.create_task(self._texts[said.id].paint(tell, over))
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    if self._texts[said.id].take(event):
                        self._publish(self._anew(said))
        except PoeCliError as error:
            said.error = _in_words(error)
        except asyncio.CancelledError:
            answer.stopped = True
        finally:
            said.state = _state_of(answer)
            over.set()
            await painting
            _finish(said, answer)
            self._publish({"type": "said", "chat": self.id, **said.as_json()})

    def _publish_operations(self, said: Said, operations: list[Any]) -> None:
        if operations:
            told = {"type": "ops", "chat": self.id, "id": said.id, "ops": operations}
            self._publish(told)

    def _anew(self, said: Said) -> dict[str, Any]:
        """What makes an answer as it stands, on an empty element."""
        operations = self._texts[said.id].anew(is_over=said.state != "running")
        return {"type": "answer", "chat": self.id, "id": said.id, "ops": operations}


def _asked(turn: Turn) -> Said:
    question = turn.question
    files = [_file(attachment) for attachment in question.attachments]
    return Said(
        turn.message_id, "user", "", question.text, files=files, parameters=question.parameters
    )


def _finish(said: Said, answer: ChatAnswer) -> None:
    """What an answer has beside its text."""
    said.files = [_file(file) for file in answer.files]
    said.suggested = list(answer.suggested_replies)


def _state_of(answer: ChatAnswer) -> str:
    return {DONE: "done", STOPPED: "stopped"}.get(answer.outcome, "error")


def _in_words(error: PoeCliError) -> dict[str, str]:
    return {"message": error.message, "why": error.why, "hint": error.hint}


def _file(file: Attachment | File) -> dict[str, str]:
    told = {"url": file.url, "name": file.name, "content_type": file.content_type}
    return {**told, "path": local_path(file.url)}  # below the page's own host
