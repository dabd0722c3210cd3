"""One chat with one or several bots: what is asked next, what comes back, and what is kept."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from poecli.chats.recorder import Recorder
from poecli.chats.turns import ChatAnswer, ChatRecord, Question, Turn, chunk_as_text
from poecli.client.address import BotAddress
from poecli.client.bot_query import Retry, Timeouts, error_from_event
from poecli.client.dialogue import Dialogue, new_id, now_us
from poecli.client.http import Session
from poecli.config.redaction import url_to_keep
from poecli.errors import BadAnswer, BotFault, PoeCliError, UsageError
from poecli.protocol import limits
from poecli.protocol.conversation import Conversation
from poecli.protocol.events import Event
from poecli.protocol.messages import ProtocolMessage, ToolCall, ToolDefinition, ToolResult
from poecli.protocol.requests import QueryRequest
from poecli.terminal.foreign import one_line

# A model that never stops calling tools would cost without end.
MAX_TOOL_ROUNDS = 10


class Tools(Protocol):
    """Functions that a bot is offered."""

    @property
    def definitions(self) -> Sequence[ToolDefinition]: ...

    async def run(
        self, calls: Sequence[Mapping[str, Any]]
    ) -> tuple[list[ToolCall], list[ToolResult]]:
        """Run each call; the calls as the bot is shown them, and their results."""


@dataclass(frozen=True)
class ChatOptions:
    """What holds for every question of a chat.

    An answer is ended once it is larger than Poe's limits, ``most_times`` over.
    """

    system: str = ""
    temperature: float | None = None
    skip_system_prompt: bool = False
    logit_bias: Mapping[str, float] = field(default_factory=dict)
    stop_sequences: Sequence[str] = ()
    toolbox: Tools | None = None
    retry: Retry = field(default_factory=Retry)
    timeouts: Timeouts = field(default_factory=Timeouts)
    most_times: float = math.inf


class EndlessAnswer(BotFault):
    """The bot went on and on."""

    id = "endless-answer"


def found_again_by(bot: BotAddress) -> str:
    """What finds the bot in another session: what was typed, without a key that a URL carries."""
    return bot.typed or bot.handle or url_to_keep(bot.url)


def new_chat(bot: BotAddress, parent: str | None = None) -> ChatRecord:
    """The head of a chat that begins now."""
    conversation = new_id("c")
    short = conversation.removeprefix("c-")[:8]
    return ChatRecord(short, conversation, new_id("u"), found_again_by(bot), now_us(), parent)


class Chat:
    """A conversation in progress. ``http`` is the open session that all calls go through."""

    def __init__(
        self,
        record: ChatRecord,
        http: Session,
        recorder: Recorder,
        options: ChatOptions,
        turns: Sequence[Turn] = (),
    ) -> None:
        self.record = record
        self.http = http
        self.recorder = recorder
        self.options = options
        self.turns = list(turns)
        self.dialogue = Dialogue(
            _conversation(record, turns), http, retry=options.retry, timeouts=options.timeouts
        )

    # --- asking ---

    def ask(self, question: Question, bot: BotAddress) -> AsyncGenerator[Event, None]:
        """Send a question; every event of the answer, over all rounds of tools.

        Raises AttachmentsNotAllowed at once, and then the chat is as before. From then on the
        answer is ``turns[-1].answer``, and the events raise what the client's stream raises, and
        the error that an ``error`` event stands for once the stream has ended.
        """
        options = self.options
        query = self.dialogue.say(
            question.text,
            bot,
            attachments=question.attachments,
            parameters=question.parameters,
            temperature=options.temperature,
        )
        asked = self.dialogue.conversation.messages[-1]
        turn = Turn(
            question,
            bot.name,
            asked.message_id,
            asked.timestamp,
            ChatAnswer(query.message_id, options.most_times),
        )
        self.turns.append(turn)
        system = [ProtocolMessage(role="system", content=options.system)] if options.system else []
        update = {
            "query": [*system, *query.query],
            "skip_system_prompt": options.skip_system_prompt,
            "logit_bias": dict(options.logit_bias),
            "stop_sequences": list(options.stop_sequences),
            "tools": options.toolbox.definitions if options.toolbox else None,
        }
        return self._answer(query.model_copy(update=update), turn, bot)

    async def _answer(
        self, query: QueryRequest, turn: Turn, bot: BotAddress
    ) -> AsyncGenerator[Event, None]:
        answer = turn.answer
        self.recorder.begin_turn(self.record, turn)
        try:
            async with contextlib.aclosing(self._rounds(query, turn, bot)) as events:
                async for event in events:
                    yield event
            _raise_what_went_wrong(answer, bot)
        except PoeCliError as error:
            answer.error = error
            raise
        except BaseException:
            answer.stopped = True
            raise
        finally:
            answer.timeline.end(answer.replies[-1].end())
            self.recorder.end_turn(turn)
            if answer.is_worth_keeping:
                self.dialogue.remember(bot, answer.message_id, answer.replies[-1])
            else:
                self.dialogue.conversation = self.dialogue.conversation.without_last_turn()

    async def _rounds(
        self, query: QueryRequest, turn: Turn, bot: BotAddress
    ) -> AsyncGenerator[Event, None]:
        toolbox, begun = self.options.toolbox, time.monotonic()
        for _ in range(MAX_TOOL_ROUNDS):
            async with contextlib.aclosing(self.dialogue.events(query, bot)) as events:
                async for event in events:
                    kept = chunk_as_text(event) if toolbox else event
                    at_ms = (time.monotonic() - begun) * 1000
                    self.recorder.add_event(turn, at_ms, turn.answer.take(kept, at_ms))
                    yield kept
                    if turn.answer.replies[-1].is_full:
                        raise _endless(bot)
            calls = turn.answer.replies[-1].tool_calls
            if toolbox is None or not calls:
                return
            made, results = await toolbox.run(calls)
            done = (query.tool_calls or [], query.tool_results or [])
            update = {"tool_calls": [*done[0], *made], "tool_results": [*done[1], *results]}
            query = query.model_copy(update=update)
            turn.answer.next_round()

    # --- what was said ---

    def take_back(self) -> Question:
        """Remove the last turn; its question. Raises UsageError when there is none."""
        if not self.turns:
            raise UsageError("There is no message yet.", hint="Write a message first.")
        turn = self._without_last_turn()
        self.recorder.remove(turn)
        return turn.question

    def _without_last_turn(self) -> Turn:
        turn = self.turns.pop()
        if turn.answer.is_worth_keeping:  # else no bot would have been shown it
            self.dialogue.conversation = self.dialogue.conversation.without_last_turn()
        return turn

    def clear(self) -> None:
        """Bots see only messages from now on."""
        self.dialogue.conversation = self.dialogue.conversation.cleared()

    def give_feedback(self, turn: Turn, kind: Literal["like", "dislike"], reason: str) -> None:
        """The answer carries it in each later query; the reason too, which reports have not."""
        said = self.dialogue.conversation
        if any(message.message_id == turn.answer.message_id for message in said.messages):
            said = said.with_feedback(turn.answer.message_id, kind, reason=reason or None)
            self.dialogue.conversation = said

    def resume(self, record: ChatRecord, turns: Sequence[Turn]) -> None:
        self.record = record
        self.turns = list(turns)
        self.dialogue.conversation = _conversation(record, turns)
        self.recorder.resume(record)

    def fork(self, bot: BotAddress, keep: int) -> str:
        """Go on in a new chat that shares the first ``keep`` turns; the old chat's id."""
        old = self.record
        self.record = replace(new_chat(bot, old.id), user_id=old.user_id)
        while len(self.turns) > keep:
            self._without_last_turn()
        # The old chat keeps its own turns: these are copies from now on.
        self.turns = [replace(turn) for turn in self.turns]
        self.dialogue.conversation = replace(
            self.dialogue.conversation, conversation_id=self.record.conversation_id
        )
        self.recorder.fork(self.record, self.turns)
        return old.id


def _conversation(record: ChatRecord, turns: Iterable[Turn]) -> Conversation:
    """The turns of a chat that is kept, as Poe would hold them."""
    chat = Conversation(record.user_id, record.conversation_id)
    for turn in turns:
        if turn.answer.is_worth_keeping:
            chat = chat.with_user_message(
                turn.question.text,
                message_id=turn.message_id,
                time_us=turn.asked,
                attachments=turn.question.attachments,
                parameters=turn.question.parameters,
            )
            reply, answer_id = turn.answer.replies[-1], turn.answer.message_id
            chat = chat.with_reply(turn.bot, reply, message_id=answer_id, time_us=turn.asked)
    return chat


def _endless(bot: BotAddress) -> EndlessAnswer:
    most = (limits.ANSWER_CHARACTERS, limits.ANSWER_EVENTS)
    taken = " and ".join(f"{limit.value:,} {limit.unit}" for limit in most)
    return EndlessAnswer(
        f"The answer of {bot.name} went on and on, and was ended.",
        why=f"Poe takes {taken} at most; this was several times as much.",
        hint="Look for a loop that never ends.",
    )


def _raise_what_went_wrong(answer: ChatAnswer, bot: BotAddress) -> None:
    event = answer.replies[-1].error
    if event is not None:
        raise error_from_event(event, bot.peer)
    if not (answer.text or answer.files or answer.replies[-1].tool_calls):
        broken = [violation for _, violation in answer.timeline.violations]
        raise BadAnswer(
            f"The answer of {bot.name} is empty.",
            why=one_line("; ".join(f"{v.rule}: {v.detail}" for v in broken)),
            hint="A bot sends at least one text, file or error before `done`.",
        )
