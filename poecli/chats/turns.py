"""What a chat is made of: questions, answers, and the two together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poecli.chats.timeline import Timeline
from poecli.client.tools import delta_of
from poecli.errors import PoeCliError
from poecli.protocol import events as ev
from poecli.protocol.messages import Attachment
from poecli.protocol.reply import CallNumbers, Reply
from poecli.protocol.sse import Frame


@dataclass(frozen=True)
class Question:
    """What a person sends. ``sources`` names where each attachment was taken from."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    sources: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form in which a question is stored and exported."""
        return {
            "text": self.text,
            "attachments": [a.model_dump(exclude_none=True) for a in self.attachments],
            "sources": list(self.sources),
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Question:
        return cls(
            values["text"],
            tuple(Attachment.model_validate(a) for a in values["attachments"]),
            tuple(values["sources"]),
            values["parameters"],
        )


DONE = "done"
STOPPED = "stopped"


class ChatAnswer:
    """A bot's answer: one `Reply`, or several when tools were run in between.

    Of each is kept what is within Poe's limits, ``times`` over.
    """

    def __init__(self, message_id: str, times: float = math.inf) -> None:
        self.message_id = message_id
        self.replies = [Reply(times)]
        self._times = times
        self.timeline = Timeline()
        self.stopped = False
        self.error: PoeCliError | None = None

    def take(self, event: ev.Event, at_ms: float) -> Frame:
        """Take one event; its frame as it was read, to be stored."""
        frame = ev.frame_as_read(event)
        violations = self.replies[-1].feed(event)
        self.timeline.add(frame.event, at_ms, len(frame.data), violations)
        return frame

    def next_round(self) -> None:
        """Tools were run: what comes now is a new stream."""
        self.replies.append(Reply(self._times))

    @property
    def text(self) -> str:
        """All the text; several answers in one stream stand below each other."""
        texts = [reply.text_at(index) for reply in self.replies for index in reply.indices]
        return "\n\n".join(text for text in texts if text)

    @property
    def plain(self) -> bool:
        """True when the bot asked that its text is not read as Markdown."""
        return self.replies[-1].meta.content_type == ev.PLAIN

    @property
    def files(self) -> list[ev.File]:
        return [file for reply in self.replies for file in reply.files]

    @property
    def suggested_replies(self) -> list[str]:
        """What the user may send next with one key."""
        return self.replies[-1].suggested_replies

    @property
    def metadata(self) -> str | None:
        """What the bot wants back with this message."""
        return self.replies[-1].metadata

    @property
    def outcome(self) -> str:
        """How it ended: `DONE`, `STOPPED`, or what went wrong, in a sentence."""
        if self.stopped:
            return STOPPED
        if self.error is not None:
            return self.error.message
        return DONE

    @property
    def is_worth_keeping(self) -> bool:
        """False for an answer that failed before it said anything."""
        return bool(self.text or self.files or (self.error is None and not self.stopped))


@dataclass
class Turn:
    """A question and the answer to it.

    ``row`` is its number in the store, None when unstored.
    """

    question: Question
    bot: str
    message_id: str
    asked: int  # microseconds since 1970
    answer: ChatAnswer
    row: int | None = None


@dataclass(frozen=True)
class ChatRecord:
    """The head of a chat. ``bot`` is what was typed; ``parent`` the chat it was forked from.

    ``started`` is in microseconds since 1970; ``title`` and ``turns`` are for lists.
    """

    id: str
    conversation_id: str
    user_id: str
    bot: str
    started: int
    parent: str | None = None
    title: str = ""
    turns: int = 0


def chunk_as_text(event: ev.Event) -> ev.Event:
    """A model that was offered tools may stream its words in ``json`` chunks: those as text."""
    delta = delta_of(event.payload, CallNumbers()) if isinstance(event, ev.Json) else None
    return ev.Text(delta.content, event.index) if delta and delta.content else event


def file_as_json(file: ev.File) -> dict[str, Any]:
    """A file of an answer: url, content_type, name, inline_ref."""
    return {key: value for key, value in vars(file).items() if key != "index"}
