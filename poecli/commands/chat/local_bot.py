"""A bot in a file, started for a chat and ended with it: `poe dev` without reload and log."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from poecli.chat.bots import LocalStarter, absolute
from poecli.chat.outbox import Told
from poecli.client.address import BotAddress
from poecli.dev_events import Advice, BotRaised, DevEvent, LogLine, Stalled
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.project import local_project
from poecli.terminal.console import Console


@dataclass
class Tracebacks:
    """What the bot's code printed and raised, and what the local Poe holds against it, until the
    answer on the screen is over.
    """

    texts: list[str] = field(default_factory=list)
    hint: str = ""

    def note(self, event: DevEvent) -> None:
        """Remember what the author wants to see; anything else is no news in a chat."""
        if isinstance(event, BotRaised):
            self.texts.append(event.traceback or event.message)
            self.hint = event.hint or (f"Fix {event.place}." if event.place else "")
        elif isinstance(event, LogLine) and event.turn is not None:
            self.texts.append(event.text)
        elif isinstance(event, Stalled):
            place = f"{event.file}:{event.line} ({event.function})" if event.file else ""
            self.texts.append(f"blocked for {event.ms} ms by {place or 'a library'}")
        elif isinstance(event, Advice):
            # Poe itself says no more than "Internal server error" of a call it refuses.
            lines = (event.message, event.why, event.hint)
            self.texts.append("\n  ".join(line for line in lines if line))

    def take(self) -> Told:
        """What there was since the last time."""
        told = Told("\n".join(self.texts), self.hint)
        self.texts.clear()
        self.hint = ""
        return told


def local_starter(
    stack: contextlib.AsyncExitStack,
    env: Mapping[str, str],
    console: Console,
    tracebacks: Tracebacks,
    local_poes: list[str],
) -> LocalStarter:
    """Starts the bot of a file or folder, next to a local Poe; ``stack`` ends it.

    The starter raises BotLoadError when there is no bot, or its file fails.
    """
    folder = Path.cwd()

    async def start(spec: str) -> BotAddress:
        options = settle_options(LocalFlags.for_one_command(spec), env, folder)
        project = await stack.enter_async_context(local_project(options, tracebacks.note))
        first, *others = await project.wait_ready()
        local_poes.append(project.server.base_url)
        if first.failure is not None:
            tracebacks.take()  # it is in the error, and belongs to no answer
            console.show_error(first.failure)
        if others:
            names = ", ".join(f"{bot.name} ({bot.url})" for bot in others)
            console.say(f"talking to {first.name}; also here: {names}", style="dim")
        return replace(project.address_of(first), typed=absolute(spec))

    return start
