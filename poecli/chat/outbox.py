"""Where a question is made ready: its files reachable for the bot, its parameters typed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from poecli.chat.attachments import Staged, publish
from poecli.chat.bots import AddressBook
from poecli.chat.parameters import parse_parameters
from poecli.chat.session import Chat
from poecli.chat.turns import Question
from poecli.client.address import BotAddress
from poecli.client.dialogue import UNKNOWN_SETTINGS
from poecli.config.credentials import Secret
from poecli.errors import BotErrorEvent, PoeCliError
from poecli.protocol.messages import Attachment
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean

if TYPE_CHECKING:
    from poecli.chat.file_server import FileServer

# A local Poe takes uploads without a key; the real one is never asked without (see AddressBook).
_NO_KEY = Secret("no-key")


class Told(NamedTuple):
    """What a bot of this machine printed and raised, and what its author can do about it."""

    text: str
    hint: str


class Desk:
    """``stack`` closes what was opened for the chat, when the chat is over.

    ``tracebacks`` give what bots of this machine have raised since they were last asked.
    """

    def __init__(
        self,
        stack: contextlib.AsyncExitStack,
        chat: Chat,
        book: AddressBook,
        console: Console,
        tracebacks: Sequence[Callable[[], Told]] = (),
    ) -> None:
        self.chat = chat
        self.book = book
        self.console = console
        self._stack = stack
        self._tracebacks = tracebacks
        self._server: FileServer | None = None

    def tell_tracebacks(self, error: PoeCliError | None = None) -> None:
        """Show the author what their code raised, once the answer is over.

        The bot's ``error`` is told next: its last line then names the author's line.
        """
        for take in self._tracebacks:
            text, hint = take()
            if text and not self.console.json_mode:
                self.console.say(clean(text), style="dim")
            if hint and isinstance(error, BotErrorEvent):
                error.hint = hint

    async def question(
        self, text: str, staged: Sequence[Staged], params: Sequence[str], bot: BotAddress
    ) -> Question:
        """The question as it can be sent to ``bot``. Raises UsageError, and what an upload does."""
        settings = None
        # One request less for a plain first question.
        if staged or params or self.chat.turns:
            settings = await self.chat.dialogue.settings_of(bot)
        parameters = parse_parameters(params, settings)
        attachments = await publish(
            staged, bot, settings or UNKNOWN_SETTINGS, self._to_bot, self._to_poe
        )
        sources = tuple(item.source for item in staged)
        return Question(text, tuple(attachments), sources, parameters)

    async def _to_bot(self, staged: Staged) -> str:
        if self._server is None:
            # aiohttp takes 0.3 s to import, and few questions carry a file.
            from poecli.chat.file_server import FileServer  # noqa: PLC0415 - heavy, see above

            self._server = FileServer()
            self._stack.push_async_callback(self._server.close)
        return await self._server.serve(staged)

    async def _to_poe(self, staged: Staged) -> Attachment:
        # Few questions carry a file for Poe, and every start would pay for its models.
        from poecli.client.platform_api import PlatformApi  # noqa: PLC0415 - see above

        key = self.book.api_key or _NO_KEY
        self.console.say(f"uploading {staged.name} …", style="dim")
        api = PlatformApi(self.book.base_url, self.chat.http)
        return await api.upload_file(key, file=staged.data, name=staged.name)
