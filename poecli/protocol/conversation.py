"""Poe's side of a chat: what was said so far, and the query a bot gets next.

A conversation never changes; every step gives a new one, so that undo, retry and fork are only a
matter of which one is kept. Ids and times are passed in: nothing here is random or reads a clock.
https://creator.poe.com/docs/server-bots/poe-protocol-specification ("query")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from poecli.errors import UsageError
from poecli.protocol.limits import CONVERSATION_MESSAGES
from poecli.protocol.messages import (
    Attachment,
    MessageFeedback,
    MessageReaction,
    ProtocolMessage,
    Sender,
    User,
)
from poecli.protocol.reply import Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings, parameter_defaults


@dataclass(frozen=True)
class QueryOptions:
    """What a caller may set beside the messages; None is Poe's own default."""

    temperature: float | None = None
    skip_system_prompt: bool = False
    logit_bias: Mapping[str, float] | None = None
    stop_sequences: Sequence[str] = ()
    language_code: str = "en"
    adopt_current_bot_name: bool | None = None
    # Poe sends only the parameters that the user touched; a page fills in the defaults.
    fill_parameter_defaults: bool = False


@dataclass(frozen=True)
class Conversation:
    """One chat of one user with any number of bots; messages are in the order they were said."""

    user_id: str
    conversation_id: str
    messages: tuple[ProtocolMessage, ...] = ()
    # Messages before this one were cleared away: kept in the record, and sent to no bot.
    cleared_before: int = 0

    # --- what happens in a chat ---

    def with_system_prompt(self, text: str) -> Conversation:
        """The chat with a system message in front; an empty text takes it away."""
        rest = tuple(message for message in self.messages if message.role != "system")
        prompt = (ProtocolMessage(role="system", content=text),) if text else ()
        # The prompt has no place in time: clearing the context keeps it (see `_visible`).
        moved = len(prompt) + len(rest) - len(self.messages)
        cleared = max(0, self.cleared_before + moved) if self.cleared_before else 0
        return replace(self, messages=(*prompt, *rest), cleared_before=cleared)

    def with_user_message(
        self,
        text: str,
        *,
        message_id: str,
        time_us: int,
        attachments: Sequence[Attachment] = (),
        parameters: Mapping[str, Any] | None = None,
        content_type: str = "text/markdown",
    ) -> Conversation:
        """The chat after the user wrote. ``time_us`` is in microseconds since 1970."""
        message = ProtocolMessage(
            role="user",
            sender=Sender(id=self.user_id),
            content=text,
            parameters=dict(parameters or {}),
            content_type=content_type,
            timestamp=time_us,
            message_id=message_id,
            attachments=list(attachments),
        )
        return replace(self, messages=(*self.messages, message))

    def with_reply(self, bot: str, reply: Reply, *, message_id: str, time_us: int) -> Conversation:
        """The chat after ``bot`` answered: its text, its files, and its `data` as metadata."""
        message = ProtocolMessage(
            role="bot",
            sender=Sender(name=bot),
            content=reply.text,
            content_type=reply.meta.content_type,
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
        self, message_id: str, kind: Literal["like", "dislike"], reason: str | None = None
    ) -> Conversation:
        """The chat after the user judged a message; an earlier judgement is replaced."""
        feedback = [MessageFeedback(type=kind, reason=reason)]
        return self._changed(message_id, {"feedback": feedback})

    def with_reaction(self, message_id: str, reaction: str) -> Conversation:
        """The chat after the user reacted to a message."""
        message = self.message(message_id)
        if message is None:
            return self
        added = MessageReaction(user_id=self.user_id, reaction=reaction)
        return self._changed(message_id, {"reactions": [*message.reactions, added]})

    def without_last_turn(self) -> Conversation:
        """The chat before the user's last message; as it is when there was none."""
        places = [i for i, message in enumerate(self.messages) if message.role == "user"]
        if not places:
            return self
        kept = self.messages[: places[-1]]
        return replace(self, messages=kept, cleared_before=min(self.cleared_before, len(kept)))

    def cleared(self) -> Conversation:
        """The chat with its context cleared: bots see only what is said from now on."""
        return replace(self, cleared_before=len(self.messages))

    # --- what a bot is asked ---

    def query(
        self,
        *,
        bot: str,
        settings: EffectiveSettings | None,
        message_id: str,
        bot_query_id: str,
        time_us: int,
        options: QueryOptions | None = None,
    ) -> QueryRequest:
        """What Poe sends to ``bot`` for the user's last message.

        ``settings`` are the bot's own, None when they are not known. ``message_id`` is that of
        the answer to come. Raises UsageError when the bot takes no attachments.
        """
        options = options or QueryOptions()
        messages = [_as_seen_by(bot, message, settings) for message in self._visible()]
        if settings is not None:
            _refuse_attachments(bot, messages, settings)
            if options.fill_parameter_defaults:
                messages = [_with_defaults(message, settings) for message in messages]
            if settings.enforce_author_role_alternation:
                messages = alternated(messages)
        return QueryRequest(
            query=messages[-CONVERSATION_MESSAGES.value :],
            user_id=self.user_id,
            conversation_id=self.conversation_id,
            message_id=message_id,
            bot_query_id=bot_query_id,
            query_creation_time=time_us,
            users=[User(id=self.user_id)],
            temperature=options.temperature,
            skip_system_prompt=options.skip_system_prompt,
            logit_bias=dict(options.logit_bias or {}),
            stop_sequences=list(options.stop_sequences),
            language_code=options.language_code,
            adopt_current_bot_name=options.adopt_current_bot_name,
        )

    def message(self, message_id: str) -> ProtocolMessage | None:
        """The message with that id."""
        return next((m for m in self.messages if m.message_id == message_id), None)

    def _visible(self) -> list[ProtocolMessage]:
        hidden = self.messages[: self.cleared_before]
        prompts = [message for message in hidden if message.role == "system"]
        return [*prompts, *self.messages[self.cleared_before :]]

    def _changed(self, message_id: str, update: Mapping[str, Any]) -> Conversation:
        messages = tuple(
            message.model_copy(update=update) if message.message_id == message_id else message
            for message in self.messages
        )
        return replace(self, messages=messages)


def _as_seen_by(
    bot: str, message: ProtocolMessage, settings: EffectiveSettings | None
) -> ProtocolMessage:
    """A message as one bot gets it: its own metadata only, and what its settings ask for."""
    update: dict[str, Any] = {}
    sender = message.sender.name if message.sender else None
    if message.role == "bot" and sender != bot:
        update["metadata"] = None
    if settings is not None and not settings.enable_multi_entity_prompting:
        # Without multi-entity prompting a bot can't tell who spoke, only user from bot.
        update["sender"] = None
    if settings is not None and message.attachments:
        update["attachments"] = [_parsed_as_asked(a, settings) for a in message.attachments]
    return message.model_copy(update=update) if update else message


def _parsed_as_asked(attachment: Attachment, settings: EffectiveSettings) -> Attachment:
    is_image = attachment.content_type.startswith("image/")
    wanted = settings.enable_image_comprehension if is_image else settings.expand_text_attachments
    return attachment if wanted else attachment.model_copy(update={"parsed_content": None})


def _refuse_attachments(
    bot: str, messages: Sequence[ProtocolMessage], settings: EffectiveSettings
) -> None:
    if messages and messages[-1].attachments and not settings.allow_attachments:
        raise UsageError(
            f"{bot} takes no attachments.",
            why="Its settings have allow_attachments off; Poe shows no button for files.",
            hint="Return fp.SettingsResponse(allow_attachments=True) from get_settings.",
            id="attachments-not-allowed",
        )


def _with_defaults(message: ProtocolMessage, settings: EffectiveSettings) -> ProtocolMessage:
    if message.role != "user" or settings.parameter_controls is None:
        return message
    defaults = parameter_defaults(settings.parameter_controls)
    return message.model_copy(update={"parameters": {**defaults, **message.parameters}})


def alternated(messages: Sequence[ProtocolMessage]) -> list[ProtocolMessage]:
    """The messages with neighbours of one role joined, as Poe and fastapi_poe join them."""
    joined: list[ProtocolMessage] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            before = joined.pop()
            urls = {attachment.url for attachment in before.attachments}
            new = [a for a in message.attachments if a.url not in urls]
            joined.append(
                message.model_copy(
                    update={
                        "content": f"{before.content}\n\n{message.content}",
                        "attachments": [*before.attachments, *new],
                        "parameters": {**before.parameters, **message.parameters},
                    }
                )
            )
        else:
            joined.append(message)
    return joined
