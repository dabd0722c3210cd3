"""Poe's side of a chat: what was said, and the query that a bot gets next.

A `Conversation` never changes: every ``with_…`` and ``without_…`` returns another one. Ids and
times (microseconds since 1970) are passed in, so that the same calls give the same queries.
Sources: https://creator.poe.com/docs/server-bots/poe-protocol-specification ("query") and the
fields of fastapi_poe 0.0.83. What Poe leaves open is said where it is decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from poecli.errors import AttachmentsNotAllowed
from poecli.protocol import limits
from poecli.protocol.attachments import is_image, settings_ask_for
from poecli.protocol.events import CONTENT_TYPES, MARKDOWN
from poecli.protocol.messages import (
    Attachment,
    MessageFeedback,
    ProtocolMessage,
    Sender,
    User,
)
from poecli.protocol.reply import Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings


@dataclass(frozen=True)
class Conversation:
    """A chat of a user with one or more bots.

    ``messages`` is all that was said, oldest first; a bot's message has its handle as
    ``sender.name`` and its own ``metadata``. A bot sees what stands from ``context_start`` on.
    """

    user_id: str
    conversation_id: str
    messages: tuple[ProtocolMessage, ...] = ()
    context_start: int = 0

    # --- reading ---

    @property
    def context(self) -> tuple[ProtocolMessage, ...]:
        """The messages since the context was last cleared."""
        return self.messages[self.context_start :]

    # --- what happens in a chat ---

    def with_user_message(
        self,
        text: str,
        *,
        message_id: str,
        time_us: int,
        attachments: Sequence[Attachment] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """The user writes. ``parameters`` are the controls that they touched."""
        message = ProtocolMessage(
            role="user",
            sender=Sender(id=self.user_id),
            content=text,
            parameters=dict(parameters or {}),
            timestamp=time_us,
            message_id=message_id,
            attachments=list(attachments),
        )
        return replace(self, messages=(*self.messages, message))

    def with_reply(self, bot: str, reply: Reply, *, message_id: str, time_us: int) -> Conversation:
        """A bot answers. An answer that left nothing (an error alone) is not remembered."""
        if not (reply.text or reply.files or reply.metadata is not None):
            return self
        content_type = reply.meta.content_type
        message = ProtocolMessage(
            role="bot",
            sender=Sender(name=bot),
            content=reply.text,
            # fastapi_poe refuses a whole query for one content type that it does not know.
            content_type=content_type if content_type in CONTENT_TYPES else MARKDOWN,
            timestamp=time_us,
            message_id=message_id,
            attachments=[
                Attachment(
                    url=file.url,
                    content_type=file.content_type,
                    name=file.name,
                    inline_ref=file.inline_ref,
                )
                for file in reply.files
            ],
            metadata=reply.metadata,
        )
        return replace(self, messages=(*self.messages, message))

    def with_feedback(
        self, message_id: str, type: Literal["like", "dislike"] | None, *, reason: str | None = None
    ) -> Conversation:
        """The user likes or dislikes a message; None takes it back. One feedback a message."""
        feedback = [] if type is None else [MessageFeedback(type=type, reason=reason)]
        return self._changed(message_id, {"feedback": feedback})

    def without_last_turn(self) -> Conversation:
        """As before the newest user message; what stands before a cleared context stays."""
        start = self._last_turn()
        return self if start is None else replace(self, messages=self.messages[:start])

    def cleared(self) -> Conversation:
        """The context is cleared: bots see nothing of what was said before."""
        return replace(self, context_start=len(self.messages))

    # --- what a bot gets ---

    def query(
        self,
        *,
        bot: str,
        settings: EffectiveSettings,
        message_id: str,
        bot_query_id: str,
        time_us: int,
        temperature: float | None = None,
    ) -> QueryRequest:
        """The query that asks ``bot`` to answer, as Poe builds it from the bot's ``settings``.

        ``message_id`` is that of the answer to come. Poe sends only the parameters that the user
        touched, and no defaults.
        Raises AttachmentsNotAllowed when the newest message carries files that the bot's settings
        refuse, ValueError when nothing was said yet.
        """
        if not self.context:
            raise ValueError("there is no message to answer")
        newest = self.context[-1]
        if newest.role == "user" and newest.attachments and not settings.allow_attachments:
            raise _attachments_refused(bot, settings, newest.attachments)
        messages = [_as_seen_by(bot, settings, message) for message in self.context]
        if settings.enforce_author_role_alternation:
            messages = _alternated(messages)
        messages = messages[-limits.CONVERSATION_MESSAGES.value :]
        return QueryRequest(
            query=messages,
            user_id=self.user_id,
            conversation_id=self.conversation_id,
            message_id=message_id,
            temperature=temperature,
            bot_query_id=bot_query_id,
            users=[User(id=self.user_id)],
            query_creation_time=time_us,
        )

    # --- inside ---

    def _position(self, message_id: str) -> int:
        for position, message in enumerate(self.messages):
            if message.message_id == message_id:
                return position
        raise ValueError(f"this conversation has no message with the id {message_id!r}")

    def _changed(self, message_id: str, changes: Mapping[str, Any]) -> Conversation:
        at = self._position(message_id)
        changed = self.messages[at].model_copy(update=dict(changes))
        return replace(self, messages=(*self.messages[:at], changed, *self.messages[at + 1 :]))

    def _last_turn(self) -> int | None:
        """Where the newest user message of the context stands."""
        for position in range(len(self.messages) - 1, self.context_start - 1, -1):
            if self.messages[position].role == "user":
                return position
        return None


def addressed(text: str, handles: Iterable[str]) -> tuple[str | None, str]:
    """The bot that a message mentions first, as ``@name``, and what it says; None without one.

    A mention at the start is no part of what is said, unless nothing else is. Of handles that
    begin alike the longest wins, capital letters don't matter.
    """
    names = sorted(handles, key=len, reverse=True)
    for mark in re.finditer(r"(?<!\S)@", text):
        after = text[mark.end() :]
        for name in names:
            # Handles hold letters, digits, dots, dashes; a dot may also end the sentence.
            if re.match(re.escape(name) + r"(?![\w-]|\.\w)", after, re.IGNORECASE):
                rest = text if mark.start() else after[len(name) :].strip()
                return (name, rest) if rest else (None, text)
    return None, text


def _bot_of(message: ProtocolMessage) -> str | None:
    """The handle of the bot that wrote a message."""
    return message.sender.name if message.role == "bot" and message.sender else None


def _as_seen_by(bot: str, settings: EffectiveSettings, message: ProtocolMessage) -> ProtocolMessage:
    changes: dict[str, Any] = {"attachments": _expanded(message.attachments, settings)}
    # Without multi-entity prompting a bot can't tell its own turns from others'.
    if message.role != "user" and not settings.enable_multi_entity_prompting:
        changes["sender"] = None
    if _bot_of(message) != bot:
        changes["metadata"] = None
    return message.model_copy(update=changes)


def _expanded(attachments: Sequence[Attachment], settings: EffectiveSettings) -> list[Attachment]:
    """The attachments with the parsed content that the settings ask for, of images the first."""
    shown, images = [], 0
    for attachment in attachments:
        images += is_image(attachment.content_type)
        wanted = settings_ask_for(attachment.content_type, settings) and (
            images <= 1 or not is_image(attachment.content_type)
        )
        shown.append(
            attachment if wanted else attachment.model_copy(update={"parsed_content": None})
        )
    return shown


def _alternated(messages: Sequence[ProtocolMessage]) -> list[ProtocolMessage]:
    """Neighbours of one role as one message, the way of fastapi_poe.

    The joined message has the newer one's id, time and parameters, where the SDK keeps the
    older's: the newest message is the one a bot answers, and it reads its parameters there.
    """
    merged: list[ProtocolMessage] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = _joined(merged[-1], message)
        else:
            merged.append(message)
    return merged


def _joined(older: ProtocolMessage, newer: ProtocolMessage) -> ProtocolMessage:
    by_url = {attachment.url: attachment for attachment in older.attachments}
    by_url.update({attachment.url: attachment for attachment in newer.attachments})
    return newer.model_copy(
        update={
            "content": f"{older.content}\n\n{newer.content}",
            "attachments": list(by_url.values()),
            "metadata": older.metadata if newer.metadata is None else newer.metadata,
            "feedback": [*older.feedback, *newer.feedback],
        }
    )


def _attachments_refused(
    bot: str, settings: EffectiveSettings, attachments: Sequence[Attachment]
) -> AttachmentsNotAllowed:
    names = ", ".join(attachment.name for attachment in attachments)
    off = "do not allow them"
    if settings.response_version == 0:
        off = "have response_version 0 or none, for which attachments are off by default"
    return AttachmentsNotAllowed(
        f"{bot} does not accept attachments: {names}",
        why=f"Its settings {off}, so Poe would not let a user attach a file.",
        hint="Answer `settings` with allow_attachments true, or send the message without the file.",
    )
