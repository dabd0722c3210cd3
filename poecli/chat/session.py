"""One chat with one or several bots: what is asked next, what comes back, and what is kept."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from poecli.chat.kept.recorder import Recorder
from poecli.chat.turns import Answer, ChatRecord, Question, Turn, chunk_as_text
from poecli.client.address import BotAddress
from poecli.client.bot_query import Retry, Timeouts, ask_settings, error_from_event, stream_events
from poecli.client.http import Session
from poecli.config.redaction import url_to_keep
from poecli.errors import BadAnswer, PoeCliError, UsageError
from poecli.protocol.conversation import Conversation
from poecli.protocol.events import Event
from poecli.protocol.messages import (
    IDENTIFIER_BYTES,
    IdentifierTag,
    ProtocolMessage,
    identifier,
)
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings, SettingsResponse, effective
from poecli.terminal.foreign import one_line

if TYPE_CHECKING:
    from poecli.chat.toolbox import Toolbox

# A model that never stops calling tools would cost without end.
MAX_TOOL_ROUNDS = 10


# What is assumed of a bot whose settings nobody tells: Poe's defaults for the newest version.
# Not validated, for that would build the models of all parameter controls at every start.
UNKNOWN_SETTINGS = effective(SettingsResponse.model_construct(response_version=2))


@dataclass(frozen=True)
class ChatOptions:
    """What holds for every question of a chat."""

    system: str = ""
    temperature: float | None = None
    skip_system_prompt: bool = False
    logit_bias: Mapping[str, float] = field(default_factory=dict)
    stop_sequences: Sequence[str] = ()
    toolbox: Toolbox | None = None
    retry: Retry = field(default_factory=Retry)
    timeouts: Timeouts = field(default_factory=Timeouts)


def new_id(tag: IdentifierTag) -> str:
    """A fresh identifier, in the form of Poe's own."""
    return identifier(tag, os.urandom(IDENTIFIER_BYTES))


def now_us() -> int:
    """The time in microseconds since 1970."""
    return time.time_ns() // 1000


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
        self.cleared_before = 0  # turns that no bot is shown any more
        self._settings: dict[str, EffectiveSettings | None] = {}

    # --- asking ---

    def ask(self, question: Question, bot: BotAddress) -> AsyncGenerator[Event, None]:
        """Send a question; every event of the answer, over all rounds of tools.

        Raises AttachmentsNotAllowed at once, and then the chat is as before. From then on the
        answer is ``turns[-1].answer``, and the events raise what the client's stream raises, and
        the error that an ``error`` event stands for once the stream has ended.
        """
        turn = Turn(question, bot.name, new_id("m"), now_us(), Answer(new_id("m")))
        self.turns.append(turn)
        return self._answer(self._request(bot), turn, bot)

    async def _answer(
        self, request: QueryRequest, turn: Turn, bot: BotAddress
    ) -> AsyncGenerator[Event, None]:
        self.recorder.begin_turn(self.record, turn)
        try:
            async with contextlib.aclosing(self._rounds(request, turn, bot)) as events:
                async for event in events:
                    yield event
            _raise_what_went_wrong(turn.answer, bot)
        except PoeCliError as error:
            turn.answer.error = error
            raise
        except BaseException:
            turn.answer.stopped = True
            raise
        finally:
            turn.answer.timeline.end(turn.answer.replies[-1].end())
            self.recorder.end_turn(turn)

    async def _rounds(
        self, request: QueryRequest, turn: Turn, bot: BotAddress
    ) -> AsyncGenerator[Event, None]:
        toolbox, begun = self.options.toolbox, time.monotonic()
        for _ in range(MAX_TOOL_ROUNDS):
            async with contextlib.aclosing(self._stream(request, bot)) as events:
                async for event in events:
                    kept = chunk_as_text(event) if toolbox else event
                    at_ms = (time.monotonic() - begun) * 1000
                    self.recorder.add_event(turn, at_ms, turn.answer.take(kept, at_ms))
                    yield kept
            calls = turn.answer.replies[-1].tool_calls
            if toolbox is None or not calls:
                return
            made, results = await toolbox.run(calls)
            done = (request.tool_calls or [], request.tool_results or [])
            update = {"tool_calls": [*done[0], *made], "tool_results": [*done[1], *results]}
            request = request.model_copy(update=update)
            turn.answer.next_round()

    def _stream(self, request: QueryRequest, bot: BotAddress) -> AsyncGenerator[Event, None]:
        return stream_events(
            request,
            bot,
            session=self.http,
            retry=self.options.retry,
            timeouts=self.options.timeouts,
        )

    def _request(self, bot: BotAddress) -> QueryRequest:
        turn, options = self.turns[-1], self.options
        try:
            request = self.conversation().query(
                bot=bot.name,
                settings=self._settings.get(bot.url) or UNKNOWN_SETTINGS,
                message_id=turn.answer.message_id,
                bot_query_id=turn.answer.message_id,
                time_us=turn.asked,
                temperature=options.temperature,
            )
        except PoeCliError:
            self.turns.pop()  # it was never asked
            raise
        system = [ProtocolMessage(role="system", content=options.system)] if options.system else []
        update = {
            "query": [*system, *request.query],
            "skip_system_prompt": options.skip_system_prompt,
            "logit_bias": dict(options.logit_bias),
            "stop_sequences": list(options.stop_sequences),
            "tools": options.toolbox.definitions if options.toolbox else None,
        }
        return request.model_copy(update=update)

    def conversation(self) -> Conversation:
        """The chat as Poe would hold it; the last turn's answer is still to come."""
        user, conversation = self.record.user_id, self.record.conversation_id
        chat = Conversation.new(user_id=user, conversation_id=conversation)
        last = len(self.turns) - 1
        for place, turn in enumerate(self.turns):
            if place < self.cleared_before or (place < last and not turn.answer.is_worth_keeping):
                continue
            chat = chat.with_user_message(
                turn.question.text,
                message_id=turn.message_id,
                time_us=turn.asked,
                attachments=turn.question.attachments,
                parameters=turn.question.parameters,
            )
            if place < last:
                reply = turn.answer.replies[-1]
                chat = chat.with_reply(
                    turn.bot, reply, message_id=turn.answer.message_id, time_us=turn.asked
                )
                if turn.feedback is not None:
                    kind, reason = turn.feedback.type, turn.feedback.reason
                    chat = chat.with_feedback(turn.answer.message_id, kind, reason=reason)
        return chat

    # --- settings ---

    async def settings_of(self, bot: BotAddress) -> EffectiveSettings | None:
        """A bot's settings, asked once; None where they can't be known.

        Poe tells nobody the settings of a handle.
        """
        if bot.handle is None and bot.url not in self._settings:
            self._settings[bot.url] = await self._ask_settings(bot)
        return self._settings.get(bot.url)

    async def _ask_settings(self, bot: BotAddress) -> EffectiveSettings | None:
        try:
            answer = await ask_settings(bot, session=self.http)
        except PoeCliError:
            return None  # the question itself will say what is wrong
        return effective(answer)

    def forget_settings(self, bot: BotAddress) -> None:
        """The next question about the bot's settings is asked anew."""
        self._settings.pop(bot.url, None)

    # --- what was said ---

    def take_back(self) -> Question:
        """Remove the last turn; its question. Raises UsageError when there is none."""
        if not self.turns:
            raise UsageError("Nothing was said yet.", hint="Write a message first.")
        turn = self.turns.pop()
        self.recorder.remove(turn)
        self.cleared_before = min(self.cleared_before, len(self.turns))
        return turn.question

    def clear(self) -> None:
        """Bots see only what is said from now on."""
        self.cleared_before = len(self.turns)

    def fork(self, bot: BotAddress, keep: int) -> str:
        """Go on in a new chat that shares the first ``keep`` turns; the old chat's id."""
        old = self.record
        self.record = replace(new_chat(bot, old.id), user_id=old.user_id)
        # The old chat keeps its own turns: these are copies from now on.
        self.turns = [replace(turn) for turn in self.turns[:keep]]
        self.cleared_before = min(self.cleared_before, len(self.turns))
        self.recorder.fork(self.record, self.turns)
        return old.id


def _raise_what_went_wrong(answer: Answer, bot: BotAddress) -> None:
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
