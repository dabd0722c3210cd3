"""What bots of this machine print and raise while they answer, and what their author can do."""

from __future__ import annotations

from poecli.dev_events import Advice, BotRaised, DevEvent, FaultRehearsed, LogLine, Stalled
from poecli.errors import BotErrorEvent, PoeCliError
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean

# What a user notices. Below it `poe dev` tells of each; a chat is with a new process, and its first
# call to another bot loads the library for it.
_NOTICED_MS = 500


class LocalOutput:
    """Keeps it, and what the local Poe has to say, until the answer on the screen is over."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._hint = ""

    def hear(self, event: DevEvent) -> None:
        """Remember what the author wants to see; anything else is no news in a chat."""
        if isinstance(event, BotRaised):
            self._texts.append(event.traceback or event.message)
            self._hint = event.hint or (f"Fix {event.place}." if event.place else "")
        elif isinstance(event, LogLine) and event.turn is not None:
            self._texts.append(event.text)
        elif isinstance(event, Stalled) and event.ms >= _NOTICED_MS:
            self._texts.append(f"blocked for {event.ms} ms by {event.where}\n  {event.fix}")
        elif isinstance(event, FaultRehearsed):
            self._texts.append(event.text)
        elif isinstance(event, Advice):
            # Poe itself says no more than "Internal server error" of a call it refuses.
            lines = (event.message, event.why, event.hint)
            self._texts.append("\n  ".join(line for line in lines if line))

    def forget(self) -> None:
        """What came so far belongs to no answer."""
        self._texts.clear()
        self._hint = ""

    def show(self, console: Console, error: PoeCliError | None = None) -> None:
        """Show what there was since the last time, before the bot's ``error`` is shown.

        The last line of that error then names the author's line.
        """
        if self._texts and not console.json_mode:
            console.say(clean("\n".join(self._texts)), style="dim")
        if self._hint and isinstance(error, BotErrorEvent):
            error.hint = self._hint
        self.forget()
