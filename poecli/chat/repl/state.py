"""A conversation at the keyboard: what it holds beside the chat, and how a question is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from poecli.chat.attachments import PendingFile
from poecli.chat.local_output import LocalOutput
from poecli.chat.outbox import Outbox
from poecli.chat.output.live import Screen
from poecli.chat.output.one_shot import show_events
from poecli.chat.repl.images import show_images
from poecli.chat.repl.keyboard import Keyboard
from poecli.chats.session import Chat
from poecli.chats.turns import ChatRecord, Question
from poecli.client.address import BotAddress
from poecli.protocol.events import Event
from poecli.terminal.console import Console
from poecli.waiting import cancel_and_wait


@dataclass
class ReplState:
    """``draft`` stands in the next prompt."""

    console: Console
    chat: Chat
    outbox: Outbox
    keyboard: Keyboard
    local_output: LocalOutput
    bot: BotAddress
    plain: bool = False
    pending: list[PendingFile] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)  # name -> NAME=VALUE
    draft: str = ""

    @property
    def suggested_replies(self) -> list[str]:
        """What the last answer offered to say next."""
        turns = self.chat.turns
        return turns[-1].answer.suggested_replies if turns else []

    async def ask(self, text: str, bot: BotAddress) -> None:
        """Send a message with what is pending; the files stay pending when it can't be sent."""
        question = await self.outbox.question(text, self.pending, tuple(self.params.values()), bot)
        events = self.chat.ask(question, bot)
        self.pending.clear()
        await self._show(events)

    async def send(self, question: Question, bot: BotAddress) -> None:
        """Send a question as it is, without what is pending."""
        await self._show(self.chat.ask(question, bot))

    async def _show(self, events: AsyncGenerator[Event, None]) -> None:
        """Show the answer that begins; Ctrl-C or Esc ends it and keeps its part."""
        screen = Screen(self.console, plain=self.plain)
        answer = self.chat.turns[-1].answer
        task = asyncio.ensure_future(show_events(events, answer, screen))

        # A tool's question reads the terminal itself.
        alone = self.chat.options.toolbox is None
        try:
            with self.keyboard.stopping(task.cancel, read_keys=alone):
                await asyncio.wait({task})
        finally:
            await cancel_and_wait(task)
        error = None if task.cancelled() else task.result()
        screen.finish(answer, error)
        self.local_output.show(self.console, error)
        await show_images(answer.files, self.chat.http, self.console)
        if error is not None:
            raise error

    def resume(self, record: ChatRecord) -> None:
        """Go on with a chat that is kept."""
        store = self.chat.recorder.store
        if store is not None:
            self.chat.resume(record, store.turns(record.id))
