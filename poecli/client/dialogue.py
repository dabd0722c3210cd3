"""One conversation with a bot, or with several in turn, as Poe holds it.

`poe chat` and the conversations of `poe check` stand on it.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import httpx

from poecli.client.address import BotAddress
from poecli.client.bot_query import NO_RETRY, Retry, Timeouts, ask_settings, stream_events
from poecli.errors import PoeCliError
from poecli.protocol.conversation import Conversation
from poecli.protocol.events import Event
from poecli.protocol.messages import IDENTIFIER_BYTES, Attachment, IdentifierTag, identifier
from poecli.protocol.reply import Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings, SettingsResponse, effective

# What is assumed of a bot whose settings nobody tells: Poe's defaults for the newest version.
# Not validated, for that would build the models of all parameter controls at every start.
UNKNOWN_SETTINGS = effective(SettingsResponse.model_construct(response_version=2))


def new_id(tag: IdentifierTag) -> str:
    """A fresh identifier, in the form of Poe's own."""
    return identifier(tag, os.urandom(IDENTIFIER_BYTES))


def now_us() -> int:
    """The time in microseconds since 1970."""
    return time.time_ns() // 1000


class Dialogue:
    """``conversation`` is what was said so far; a caller that takes something back sets another.

    Without a ``session`` each call opens one of its own.
    """

    def __init__(
        self,
        conversation: Conversation,
        session: httpx.AsyncClient | None = None,
        *,
        retry: Retry = NO_RETRY,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.conversation = conversation
        self._session = session
        self._retry = retry
        self._timeouts = timeouts
        self._settings: dict[str, EffectiveSettings | None] = {}

    async def settings_of(self, bot: BotAddress) -> EffectiveSettings | None:
        """A bot's settings, asked once; None where they can't be known.

        Poe tells nobody the settings of a handle. What else is wrong the question itself will say.
        """
        if bot.handle is None and bot.url not in self._settings:
            try:
                answer = await ask_settings(bot, session=self._session, timeouts=self._timeouts)
                self._settings[bot.url] = effective(answer)
            except PoeCliError:
                self._settings[bot.url] = None
        return self._settings.get(bot.url)

    def forget_settings(self, bot: BotAddress) -> None:
        """The next question about the bot's settings is asked anew."""
        self._settings.pop(bot.url, None)

    def say(
        self,
        text: str,
        bot: BotAddress,
        *,
        attachments: Sequence[Attachment] = (),
        parameters: Mapping[str, Any] | None = None,
        temperature: float | None = None,
    ) -> QueryRequest:
        """Say something to a bot: the query that it gets. Its ``message_id`` is the answer's.

        Raises AttachmentsNotAllowed, and then nothing was said.
        """
        said = self.conversation.with_user_message(
            text,
            message_id=new_id("m"),
            time_us=now_us(),
            attachments=attachments,
            parameters=parameters,
        )
        answer_id = new_id("m")
        query = said.query(
            bot=bot.name,
            settings=self._settings.get(bot.url) or UNKNOWN_SETTINGS,
            message_id=answer_id,
            bot_query_id=answer_id,
            time_us=now_us(),
            temperature=temperature,
        )
        self.conversation = said
        return query

    def events(self, query: QueryRequest, bot: BotAddress) -> AsyncGenerator[Event, None]:
        """The events of the bot's answer. They raise what `stream_events` raises."""
        return stream_events(
            query, bot, session=self._session, retry=self._retry, timeouts=self._timeouts
        )

    def remember(self, bot: BotAddress, message_id: str, reply: Reply) -> None:
        """Keep what the bot answered; it is shown to the next one."""
        self.conversation = self.conversation.with_reply(
            bot.name, reply, message_id=message_id, time_us=now_us()
        )
