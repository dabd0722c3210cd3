"""Where a question is made ready: its files reachable for the bot, its parameters typed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from poecli.chat.address_book import AddressBook
from poecli.chat.attachments import PendingFile, publish
from poecli.chats.session import Chat
from poecli.chats.turns import Question
from poecli.client.address import BotAddress
from poecli.client.dialogue import UNKNOWN_SETTINGS
from poecli.client.parameters import parse_parameters, taken_from_text
from poecli.config.credentials import ANY_KEY
from poecli.protocol.messages import Attachment
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.http1.file_server import FileServer


class Outbox:
    """``stack`` closes what was opened for the chat, when the chat is over.

    With ``text_params`` a message is read as Poe's client reads it: ``--name value`` in its text.
    """

    def __init__(
        self,
        stack: contextlib.AsyncExitStack,
        chat: Chat,
        book: AddressBook,
        console: Console,
        *,
        text_params: bool = False,
    ) -> None:
        self._text_params = text_params
        self.chat = chat
        self.book = book
        self.console = console
        self._stack = stack
        self._server: FileServer | None = None

    async def question(
        self, text: str, pending: Sequence[PendingFile], params: Sequence[str], bot: BotAddress
    ) -> Question:
        """The question as it can be sent to ``bot``. Raises UsageError, and what an upload does."""
        settings = None
        # One request less for a plain first question.
        if pending or params or self.chat.turns or self._text_params:
            settings = await self.chat.dialogue.settings_of(bot)
        parameters = parse_parameters(params, settings)
        if self._text_params:
            text, written = taken_from_text(text, settings)
            parameters |= written
        attachments = await publish(
            pending, bot, settings or UNKNOWN_SETTINGS, self._to_bot, self._to_poe
        )
        sources = tuple(item.source for item in pending)
        return Question(text, tuple(attachments), sources, parameters)

    async def _to_bot(self, file: PendingFile) -> str:
        if self._server is None:
            # aiohttp takes 0.3 s to import, and few questions carry a file.
            from poecli.http1.file_server import file_server  # noqa: PLC0415 - heavy, see above

            self._server = await self._stack.enter_async_context(file_server())
        return self._server.hand_out(file.name, file.content_type, file.data or b"")

    async def _to_poe(self, file: PendingFile) -> Attachment:
        # Few questions carry a file for Poe, and every start would pay for its models.
        from poecli.client.platform_api import PlatformApi  # noqa: PLC0415 - see above

        key = self.book.api_key or ANY_KEY  # the real Poe is never asked without (see AddressBook)
        self.console.say(f"uploading {file.name} …", style="dim")
        api = PlatformApi(self.book.base_url, self.chat.http)
        return await api.upload_file(key, file=file.data, name=file.name)
