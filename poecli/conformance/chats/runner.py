"""Holds a conversation with a bot: turn by turn, each answer held against what is expected."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.addresses import is_web_address
from poecli.client.address import BotAddress
from poecli.client.dialogue import UNKNOWN_SETTINGS, Dialogue, new_id
from poecli.client.http import Timeouts
from poecli.client.platform_api import PlatformApi
from poecli.config.credentials import Secret
from poecli.conformance.chats.answer import Answer, UpstreamCall, failures, untestable
from poecli.conformance.chats.file import ChatFile, ChatTurn
from poecli.conformance.results import Finding, Outcome, RuleResult
from poecli.errors import (
    AttachmentsNotAllowed,
    BotFault,
    PoeCliError,
    TimedOut,
    UsageError,
)
from poecli.pdf_text import pdf_text
from poecli.protocol import events as ev
from poecli.protocol.attachments import guess_content_type, parsed_content
from poecli.protocol.conversation import Conversation
from poecli.protocol.messages import Attachment
from poecli.protocol.reply import Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.rules.catalog import Level, Rule
from poecli.protocol.settings import EffectiveSettings
from poecli.suggestions import shown_path
from poecli.system_errors import explained

# The local Poe takes uploads with any key.
_UPLOAD_KEY = Secret("local")
# What says that the bot is wrong; anything else that is raised says nothing about it.
_BOTS_OWN = (BotFault, TimedOut, AttachmentsNotAllowed)

CallsOf = Callable[[str], Awaitable[Sequence[UpstreamCall]]]


class CannotAsk(UsageError):
    """A turn that can't be sent from here, through no fault of the bot."""

    id = "cannot-ask"


@dataclass(frozen=True)
class LocalPoe:
    """The local Poe beside a bot: it takes the attachments, and sees the bot's calls to others.

    ``calls_of`` gives those that the answer with a message id made.
    """

    url: str
    calls_of: CallsOf


class BotConversation:
    """A conversation with the bot under test; each answer is part of what it is shown next."""

    def __init__(
        self,
        bot: BotAddress,
        folder: Path,
        local_poe: LocalPoe | None = None,
        *,
        seconds: float = Timeouts().first_event,
    ) -> None:
        self._bot = bot
        self._local_poe = local_poe
        self._folder = folder
        self._dialogue = Dialogue(
            Conversation(new_id("u"), new_id("c")),
            timeouts=Timeouts(first_event=seconds, between_events=seconds),
        )

    async def ask(
        self,
        text: str,
        *,
        attachments: Sequence[str | Path] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send a message and read the whole answer, also one that ends in an ``error`` event.

        An attachment is a path, from the folder of the chat, or a URL. Raises what
        `stream_events` raises, AttachmentsNotAllowed, CannotAsk.
        """
        settings = await self._dialogue.settings_of(self._bot) or UNKNOWN_SETTINGS
        files = [await self._attached(str(item), settings) for item in attachments]
        query = self._dialogue.say(text, self._bot, attachments=files, parameters=parameters)
        answer = await self._read(query)
        self._dialogue.remember(self._bot, query.message_id, answer.reply)
        return answer

    async def _read(self, query: QueryRequest) -> Answer:
        reply, events = Reply(), list[ev.Event]()
        first: float | None = None
        begun = time.monotonic()
        async with contextlib.aclosing(self._dialogue.events(query, self._bot)) as arriving:
            async for event in arriving:
                if isinstance(event, ev.Ping):
                    continue
                first = time.monotonic() - begun if first is None else first
                reply.feed(event)
                events.append(event)
        calls = None
        if self._local_poe is not None:
            calls = tuple(await self._local_poe.calls_of(query.message_id))
        return Answer(tuple(events), first, calls, reply)

    async def _attached(self, source: str, settings: EffectiveSettings) -> Attachment:
        if is_web_address(source):
            name = source.rstrip("/").rsplit("/", 1)[-1]
            return Attachment(url=source, content_type=guess_content_type(name), name=name)
        path = self._folder / source
        try:
            data = path.read_bytes()
        except OSError as error:
            message = f"The attachment {shown_path(path)} can't be read."
            raise CannotAsk(message, **explained(error)) from error
        if self._local_poe is None:
            raise CannotAsk(
                f"The attachment {path.name} can only be downloaded from a local Poe.",
                why="The bot is checked by its URL.",
                hint="Pass the bot's file or folder, or attach a URL.",
            )
        api = PlatformApi(self._local_poe.url)
        uploaded = await api.upload_file(_UPLOAD_KEY, file=data, name=path.name)
        kind = guess_content_type(path.name, data)
        parsed = parsed_content(data, kind, path.name, settings, pdf_text=pdf_text)
        return uploaded.model_copy(update={"content_type": kind, "parsed_content": parsed})


@dataclass(frozen=True)
class TurnFailure:
    """What one turn's answer lacks; ``line`` is where the turn stands in the file."""

    turn: int
    line: int
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ChatResult:
    """How one file came out. ``untested`` says why nothing can be said about the bot."""

    file: ChatFile
    failures: tuple[TurnFailure, ...] = ()
    untested: str = ""
    turns: int = 0

    @property
    def outcome(self) -> Outcome:
        """A fault counts even when a later turn could not be tested."""
        if self.failures:
            return Outcome.FAULT
        return Outcome.UNTESTED if self.untested else Outcome.PASSED

    def lines(self) -> list[str]:
        """The failures for a person, each with its place."""
        return [
            f"{self.file.path.name}:{failure.line}: turn {failure.turn}: {sentence}"
            for failure in self.failures
            for sentence in failure.sentences
        ]

    def rule_result(self) -> RuleResult:
        """The same in the form of a rule, so that every report can show it beside the rules."""
        path = self.file.path.as_posix()
        rule = Rule(
            id=path,
            level=Level.MUST,
            sentence="The bot answers as this conversation expects.",
            fix="Fix the bot; if its new answer is the right one, change the expectation.",
            source=path,
        )
        findings = tuple(
            Finding(rule.id, f"turn {failure.turn}: {sentence}", place=f"{path}:{failure.line}")
            for failure in self.failures
            for sentence in failure.sentences
        )
        seen = int(bool(findings))
        return RuleResult(rule, self.outcome, findings, self.untested, seen)


async def run_chat(
    file: ChatFile,
    bot: BotAddress,
    local_poe: LocalPoe | None = None,
    *,
    seconds: float = Timeouts().first_event,
) -> ChatResult:
    """Hold the conversation of a file. It goes on after a turn that fails, not after trouble.

    After an answer that says nothing about the bot the rest is asked, for the calls that it makes,
    and not judged: the conversation is another one by then. ``seconds`` bounds the wait for an
    event.
    """
    chat = BotConversation(bot, file.path.parent, local_poe, seconds=seconds)
    found: list[TurnFailure] = []
    untested, judged = "", 0
    for number, turn in enumerate(file.turns, start=1):
        try:
            sentences, reason = await _held(chat, turn)
        except _BOTS_OWN as error:
            if not untested:
                judged = number
                found.append(TurnFailure(number, turn.line, (_sentence(error),)))
            return ChatResult(file, tuple(found), untested, judged)
        except PoeCliError as error:
            reason = untested or f"turn {number}: {_sentence(error)}"
            return ChatResult(file, tuple(found), reason, judged)
        if reason and not untested:
            untested = f"turn {number}: {reason}"
        if untested:
            continue
        judged = number
        if sentences:
            found.append(TurnFailure(number, turn.line, tuple(sentences)))
    return ChatResult(file, tuple(found), untested, judged)


async def _held(chat: BotConversation, turn: ChatTurn) -> tuple[list[str], str]:
    """What the turn's answer lacks, and why it says nothing."""
    answer = await chat.ask(turn.user, attachments=turn.attachments, parameters=turn.parameters)
    lacking = failures(turn.expected, answer)
    reason = untestable(turn.expected, answer)
    # A failure of another machine excuses what it can have caused, and no more.
    if reason and (lacking or turn.expected.calls is not None):
        return [], reason
    return lacking, ""


def _sentence(error: PoeCliError) -> str:
    return f"{error.message} {error.why}".strip()
